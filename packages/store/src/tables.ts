import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { inspectLmdb, invalid } from "@bge-js/core/adapter";
import { type Database, open } from "lmdb";
import { corrupt, failure } from "./failures.js";

/** The files of LMDB. */
const OWN = new Set(["data.mdb", "lock.mdb"]);

export interface Tables {
  /** Rows by key. */
  readonly rows: Database<Buffer, string>;
  /** Keys by the order in which they were first put. */
  readonly order: Database<string, number>;
  /** How many `texts` and `bytes` of rows there are, and the place of the `next` key. */
  readonly counts: Database<number, string>;
  /** Runs `change` in a transaction; resolves when it is on the disk. */
  write(change: () => void): Promise<void>;
  close(): Promise<void>;
}

/** Opens or creates LMDB's files. @throws BgeError `INVALID_OPTION`, `STORE_CORRUPT`, `STORE_FAILED` */
export function openTables(directory: string): Tables {
  try {
    mkdirSync(directory, { recursive: true });
    checkFolder(directory);
    const { problem } = inspectLmdb(join(directory, "data.mdb"));
    if (problem !== undefined) throw corrupt(directory, `data.mdb: ${problem}`);
    const root = open({
      path: directory,
      // Otherwise a folder with a dot in its name would be a file.
      noSubdir: false,
      // A write resolves when it is on the disk.
      overlappingSync: false,
      maxDbs: 3,
    });
    const rows = root.openDB<Buffer, string>("rows", { encoding: "binary" });
    const order = root.openDB<string, number>("order", { encoding: "string", keyEncoding: "uint32" });
    const counts = root.openDB<number, string>("counts", { encoding: "json" });
    return {
      rows,
      order,
      counts,
      async write(change) {
        await root.transaction(change);
      },
      close: () => root.close(),
    };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST" || code === "ENOTDIR") throw invalid("directory", `is, or is inside, a file: ${directory}`);
    throw failure(directory, "opened", cause);
  }
}

/** LMDB would put its files into any folder. */
function checkFolder(directory: string): void {
  if (!statSync(directory).isDirectory()) throw invalid("directory", `is a file: ${directory}`);
  const names = readdirSync(directory);
  const foreign = names.find((name) => !OWN.has(name));
  if (foreign === undefined || names.includes("data.mdb")) return;
  throw invalid("directory", `has other files in it (${foreign}) and no store: ${directory}. Name an empty or new one`);
}
