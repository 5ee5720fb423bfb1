// Preloaded into pull-program.mjs: ends the process by SIGKILL before or after the n-th step that changes the file system, or
// lets writes fail as on a full disk, or links as where there are none. So every point between two steps can be hit, not only those that take long.
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { fileURLToPath } from "node:url";

const at = Number(process.env.BGE_JS_FAULT_AT ?? Number.POSITIVE_INFINITY);
const kind = process.env.BGE_JS_FAULT ?? "before";
let steps = 0;

function patch(owner, name) {
  const original = owner[name];
  owner[name] = async function (...args) {
    const hit = ++steps === at;
    if (hit && kind === "before") process.kill(process.pid, "SIGKILL");
    if (steps >= at && kind === "full" && name === "appendFile") {
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    }
    if (kind === "no links" && (name === "link" || name === "symlink")) {
      throw Object.assign(new Error("EPERM: operation not permitted"), { code: "EPERM" });
    }
    const result = await original.apply(this, args);
    if (hit && kind === "after") process.kill(process.pid, "SIGKILL");
    return result;
  };
}

const handle = await fs.open(fileURLToPath(import.meta.url));
const prototype = Object.getPrototypeOf(handle);
await handle.close();
for (const name of ["rename", "link", "symlink", "unlink", "rm", "mkdir", "copyFile", "open"]) patch(fs, name);
for (const name of ["appendFile", "writeFile", "truncate", "sync"]) patch(prototype, name);
syncBuiltinESMExports();
process.on("exit", () => process.stderr.write(`steps ${steps}\n`));
