// npm run registry: until the packages are on npm, a registry on this machine that has them, for projects that are told so.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packAll } from "../pack.mjs";
import { serveTarballs } from "./registry.mjs";

const folder = mkdtempSync(join(tmpdir(), "bge-js-registry-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(0));
packAll(folder);
const { url } = await serveTarballs(folder);
console.log(`The packages are at ${url} until you press Ctrl-C. In the folder of a project, before it installs them:
  npm config set --location=project @bge-js:registry=${url}
The command bge, for which npm does not read a project's settings:
  npm install -g --ignore-scripts @bge-js/cli --@bge-js:registry=${url}`);
