import { installed } from "../extra.js";

/** A program that runs JavaScript, and the flags that bge-js needs there. */
export interface Runtime {
  readonly name: string;
  readonly program: string;
  readonly flags: readonly string[];
  /** Where it keeps files of its own, in a home or temporary folder. */
  readonly home?: string;
  readonly isHere: boolean;
}

/** What docs/runtimes.md says that Deno must allow. */
const DENO_FLAGS = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-ffi", "--allow-run"];

export const RUNTIMES: readonly Runtime[] = [
  { name: `this Node, ${process.versions.node}`, program: process.execPath, flags: [], isHere: true },
  runtime("Node 20", "node-20/bin/node"),
  runtime("Node 22", "node-22/bin/node"),
  runtime("Node 24", "node-24/bin/node"),
  runtime("Node 26", "node-26/bin/node"),
  runtime("Bun", "@oven/bun-linux-x64/bin/bun", { home: "home/.bun/" }),
  runtime("Deno", "@deno/linux-x64-glibc/deno", {
    flags: ["run", "--no-prompt", ...DENO_FLAGS],
    home: "home/.cache/deno/",
  }),
];

/** From the folder that BGE_JS_RUNTIMES names; without it, only Node itself is tried. */
function runtime(name: string, path: string, more: Partial<Runtime> = {}): Runtime {
  const program = installed("BGE_JS_RUNTIMES", path);
  return { name, program: program ?? "", flags: [], ...more, isHere: program !== undefined };
}
