import { readdirSync, statSync } from "node:fs";
import { truncate } from "node:fs/promises";
import { join } from "node:path";
import {
  checkLmdbFolder,
  type HeldFile,
  holdLmdbFile,
  inspectLmdb,
  invalid,
  LMDB_DATA,
  makeFolder,
  sleep,
  withLock,
} from "@bge-js/core/adapter";
import { type Database, open } from "lmdb";
import { corrupt, failure } from "./failures.js";

const REPAIR = "repair.lock";
/** The files of LMDB, and what is there while one is mended. */
const OWN = /^(?:data\.mdb|lock\.mdb|repair\.lock.*)$/;
/** Longer than anybody takes to write the first pages of a file. */
const FIRST_PAGES_MS = 1000;

export interface Tables {
  /** Rows by key. */
  readonly rows: Database<Buffer, string>;
  /** Keys by the order in which they were first put. */
  readonly order: Database<string, number>;
  /** How many `texts` and `bytes` of rows there are, and the place of the `next` key. */
  readonly counts: Database<number, string>;
  /** LMDB's file. */
  readonly file: HeldFile;
  /** Runs `change` in a transaction; resolves when it is on the disk. */
  write(change: () => void): Promise<void>;
  close(): Promise<void>;
}

/** Opens or creates LMDB's files. @throws BgeError `INVALID_OPTION`, `STORE_CORRUPT`, `STORE_FAILED` */
export async function openTables(directory: string): Promise<Tables> {
  try {
    await makeFolder(directory);
    checkFolder(directory);
    await mend(directory);
    const { problem, bytes } = inspectLmdb(join(directory, LMDB_DATA));
    if (problem !== undefined) throw corrupt(directory, `${LMDB_DATA}: ${problem}`);
    await checkLmdbFolder(directory, bytes === 0, false);
    const root = open({
      path: directory,
      // Otherwise a folder with a dot in its name would be a file.
      noSubdir: false,
      // A write resolves when it is on the disk.
      overlappingSync: false,
      // LMDB's own batches have promises that nobody could catch: a full disk would end the process.
      eventTurnBatching: false,
      maxDbs: 3,
    });
    const rows = root.openDB<Buffer, string>("rows", { encoding: "binary" });
    const order = root.openDB<string, number>("order", { encoding: "string", keyEncoding: "uint32" });
    const counts = root.openDB<number, string>("counts", { encoding: "json" });
    const file = holdLmdbFile(directory);
    return {
      rows,
      order,
      counts,
      file,
      async write(change) {
        await root.transaction(change);
      },
      async close() {
        await root.close();
        file.close();
      },
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
  const foreign = names.find((name) => !OWN.test(name));
  if (foreign === undefined || names.includes(LMDB_DATA)) return;
  throw invalid("directory", `has other files in it (${foreign}) and no store: ${directory}. Name an empty or new one`);
}

/** Empties a file that was begun and never finished, which LMDB would not take. */
async function mend(directory: string): Promise<void> {
  const file = join(directory, LMDB_DATA);
  const isBegun = () => {
    const { isUnfinished, bytes } = inspectLmdb(file);
    return isUnfinished && bytes > 0;
  };
  if (!isBegun()) return;
  await withLock(join(directory, REPAIR), undefined, async () => {
    // Another process may be about to finish it.
    await sleep(FIRST_PAGES_MS);
    if (isBegun()) await truncate(file, 0);
  });
}
