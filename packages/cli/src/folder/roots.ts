import { realpath, stat } from "node:fs/promises";
import { basename } from "node:path";
import { CommandError } from "../exit.js";
import type { Root } from "./walk.js";

/** Finds the folders to search. Several get names, which their files' paths begin with; one needs none. */
export async function findRoots(folders: readonly string[]): Promise<Root[]> {
  const directories: string[] = [];
  for (const folder of folders) {
    const directory = await realpath(folder).catch((error: NodeJS.ErrnoException) => {
      throw new CommandError(
        error.code === "ENOENT" ? `${folder} does not exist` : `cannot read ${folder}: ${error.message}`,
      );
    });
    if (!(await stat(directory)).isDirectory()) throw new CommandError(`${folder} is not a folder`);
    if (!directories.includes(directory)) directories.push(directory);
  }
  if (directories.length === 1) return [{ name: "", directory: directories[0]! }];
  const taken = new Set<string>();
  return directories.map((directory) => {
    const usual = basename(directory) || "root";
    let name = usual;
    for (let number = 2; taken.has(name); number++) name = `${usual}-${number}`;
    taken.add(name);
    return { name, directory };
  });
}
