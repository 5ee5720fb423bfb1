import { existsSync } from "node:fs";
import { join } from "node:path";

/** A program that runs JavaScript, and the flags that bge-js needs there. */
export interface Runtime {
  readonly name: string;
  readonly program: string;
  readonly flags: readonly string[];
  /** Where it keeps files of its own, in a home or temporary folder. */
  readonly home?: string;
  readonly isHere: boolean;
}

/** Where `npm install --ignore-scripts` has put runtimes as CONTRIBUTING.md says; without it, only Node itself is tried. */
const FOLDER = process.env["BGE_JS_RUNTIMES"];

/** What docs/runtimes.md says that Deno must allow. */
const DENO_FLAGS = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-ffi", "--allow-run"];

export const RUNTIMES: readonly Runtime[] = [
  { name: `this Node, ${process.versions.node}`, program: process.execPath, flags: [], isHere: true },
  installed("Node 20", "node-20/bin/node"),
  installed("Node 22", "node-22/bin/node"),
  installed("Node 24", "node-24/bin/node"),
  installed("Node 26", "node-26/bin/node"),
  installed("Bun", "@oven/bun-linux-x64/bin/bun", { home: "home/.bun/" }),
  installed("Deno", "@deno/linux-x64-glibc/deno", {
    flags: ["run", "--no-prompt", ...DENO_FLAGS],
    home: "home/.cache/deno/",
  }),
];

function installed(name: string, path: string, more: Partial<Runtime> = {}): Runtime {
  const program = FOLDER === undefined ? "" : join(FOLDER, "node_modules", path);
  return { name, program, flags: [], ...more, isHere: existsSync(program) };
}
