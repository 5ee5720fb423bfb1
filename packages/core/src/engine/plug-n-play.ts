import { createRequire } from "node:module";

/**
 * Flags for workers. With Yarn's Plug'n'Play there is no node_modules: a file of Yarn's, which Node loads before the program, knows
 * where packages are, and a worker needs it as well.
 */
export function plugNPlayFlags(): string[] {
  if (process.versions["pnp"] === undefined) return [];
  try {
    return ["--require", createRequire(import.meta.url).resolve("pnpapi")];
  } catch {
    // This package is none of Yarn's, but in a node_modules of its own.
    return [];
  }
}
