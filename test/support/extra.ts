import { existsSync } from "node:fs";
import { join } from "node:path";

/** A Node that has FTS5 in `node:sqlite`, and `registerHooks`, and that Mastra supports: this one, or the newer one among the runtimes. */
export const newerNode: string | undefined = isNewEnough(process.versions.node)
  ? process.execPath
  : installed("BGE_JS_RUNTIMES", "node-24/bin/node");

const MACHINE = `${process.platform}-${process.arch}-gnu`;

/** LanceDB's library, which its loader takes from NAPI_RS_NATIVE_LIBRARY_PATH. */
export const lancedbLibrary: string | undefined = installed(
  "BGE_JS_EXTRA",
  `@lancedb/lancedb-${MACHINE}/lancedb.${MACHINE}.node`,
);

/** Whether there is Mastra, which `extra-packages.mjs` finds. */
export const hasMastra: boolean = newerNode !== undefined && installed("BGE_JS_EXTRA", "@mastra/rag") !== undefined;

/** Something in a folder of npm's that a variable names: see CONTRIBUTING.md. */
export function installed(variable: string, path: string): string | undefined {
  const folder = process.env[variable];
  const found = folder === undefined ? undefined : join(folder, "node_modules", path);
  return found !== undefined && existsSync(found) ? found : undefined;
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 16);
}
