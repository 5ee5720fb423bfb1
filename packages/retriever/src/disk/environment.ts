import { realpathSync } from "node:fs";
import { readdir, stat, truncate } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BgeError } from "@bge-js/core";
import {
  checkLmdbFolder,
  type HeldFile,
  holderOf,
  holdLmdbFile,
  inspectLmdb,
  invalid,
  isHeld,
  LMDB_DATA,
  makeFolder,
  tryLock,
} from "@bge-js/core/adapter";
import { type Database, open, type RootDatabase, type Transaction } from "lmdb";
import { corrupt, failed, inUse, isRead, notYet, removed, unseen } from "./failures.js";
import type { State } from "./state.js";

const LOCK = "writer.lock";
/** What this package and LMDB put into a directory. */
const OWN = /^(?:data\.mdb|lock\.mdb|writer\.lock.*)$/;

type Binary<K extends number | Buffer> = Database<Buffer, K>;

/** The tables of an index on disk. Slots, pieces and changes are numbers; the other keys are bytes. */
export interface Environment {
  readonly directory: string;
  readonly root: RootDatabase;
  /** `state` and `identity`; versioned, so that a commit can depend on the one before. */
  readonly meta: Database<unknown, string>;
  /** By slot: what every search needs, see records.ts. */
  readonly slots: Binary<number>;
  /** By slot: the low bytes of its vectors. */
  readonly low: Binary<number>;
  /** By slot: the document in JSON. */
  readonly documents: Binary<number>;
  /** By id: the slot. */
  readonly ids: Binary<Buffer>;
  /** Token rows, cut into pieces: see rows.ts. */
  readonly rows: Binary<number>;
  /** Words: see segments.ts. */
  readonly words: Binary<Buffer>;
  /** By number: the slot that was added to or removed, for other processes that follow. */
  readonly changes: Binary<number>;
  /** @param transaction what it is read from. @default the latest commit */
  state(transaction?: Transaction): State | undefined;
  /** Begins to read what is stored now. LMDB's own transaction of a moment ago may be of an earlier commit. */
  begin(): Transaction;
  /** Throws if what is read may be overwritten meanwhile: a writer is there, and does not see this reader. */
  checkSeen(): void;
  /** Throws if the files were removed, so that what is written now would be lost. */
  checkKept(): void;
  /** May be called repeatedly. */
  close(): Promise<void>;
}

/**
 * Opens or creates the files of an index. A writer holds a lock until it closes.
 *
 * @throws BgeError `INVALID_OPTION` for a directory that cannot be one, `STORE_IN_USE`, `STORE_CORRUPT`, `STORE_FAILED`
 */
export async function openEnvironment(given: string, readOnly: boolean): Promise<Environment> {
  const directory = resolve(given);
  await checkDirectory(directory, readOnly);
  if (readOnly) {
    const isSeen = await checkFiles(directory, true);
    const writer = join(directory, LOCK);
    const checkSeen = () => {
      if (!isSeen && isHeld(writer)) throw unseen(directory);
    };
    checkSeen();
    return openTables(directory, true, async () => {}, checkSeen);
  }
  try {
    await makeFolder(directory);
  } catch (cause) {
    throw failed(directory, "created", cause);
  }
  const release = await lock(directory);
  try {
    await checkFiles(directory, false);
    return openTables(directory, false, release, () => {});
  } catch (error) {
    await release();
    throw error;
  }
}

async function checkDirectory(directory: string, readOnly: boolean): Promise<void> {
  let names: string[];
  try {
    if (!(await stat(directory)).isDirectory()) throw invalid("directory", `is a file: ${directory}`);
    names = await readdir(directory);
  } catch (cause) {
    if (cause instanceof BgeError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") throw failed(directory, "opened", cause);
    if (code === "ENOTDIR") throw invalid("directory", `is inside a file: ${directory}`);
    names = [];
  }
  if (names.includes(LMDB_DATA)) return;
  if (readOnly) throw invalid("directory", `has no index to read: ${directory}. Add documents without readOnly first`);
  const foreign = names.find((name) => !OWN.test(name));
  if (foreign === undefined) return;
  throw invalid("directory", `has other files in it (${foreign}) and no index: ${directory}. Name an empty or new one`);
}

async function lock(directory: string): Promise<() => Promise<void>> {
  const file = join(directory, LOCK);
  let release: (() => Promise<void>) | undefined;
  try {
    release = await tryLock(file);
  } catch (cause) {
    throw failed(directory, "opened for writing", cause);
  }
  if (release !== undefined) return release;
  const holder = await holderOf(file);
  throw inUse(directory, holder === undefined ? "another process" : `process ${holder.pid}`);
}

/**
 * Checks that the file is LMDB's, and whole, and that LMDB can open it. A writer lengthens one that lacks only what was never written,
 * and empties one in which nothing ever was. Resolves to false for a reader whom no writer can see.
 */
async function checkFiles(directory: string, readOnly: boolean): Promise<boolean> {
  const file = join(directory, LMDB_DATA);
  try {
    const { problem, bytes, unwritten, isUnfinished } = inspectLmdb(file);
    if (problem !== undefined) throw corrupt(directory, `${LMDB_DATA}: ${problem}`);
    if (isUnfinished && readOnly) throw notYet(directory);
    const isSeen = await checkLmdbFolder(directory, isUnfinished || bytes === 0, readOnly);
    if (readOnly) return isSeen;
    if (isUnfinished) await truncate(file, 0);
    else if (unwritten > 0) await truncate(file, bytes + unwritten);
    return true;
  } catch (cause) {
    throw cause instanceof BgeError ? cause : failed(directory, "opened", cause);
  }
}

const META = { encoding: "json", keyEncoding: "ordered-binary", useVersions: true } as const;

/** True where a writer has made the file, or some of the tables, of which `meta` is the first, and has not committed anything yet. */
function isUnwritten(root: RootDatabase): boolean {
  const [first] = root.getKeys({ limit: 1 });
  if (first === undefined) return true;
  const meta: Database<unknown, string> | undefined = root.openDB("meta", META as never);
  return meta !== undefined && meta.get("state") === undefined && meta.get("identity") === undefined;
}

/**
 * Indexes that are open in this process. LMDB opens each once, as whoever comes first wants it, until nobody has it open any more: one
 * that is open to be read cannot be written to, and to try would leave it open for good.
 */
const opened = new Map<string, { readonly readOnly: boolean; users: number }>();

function openTables(
  directory: string,
  readOnly: boolean,
  release: () => Promise<void>,
  checkSeen: () => void,
): Environment {
  const place = realpathSync(directory);
  const own = opened.get(place) ?? { readOnly, users: 0 };
  if (own.readOnly && !readOnly) throw isRead(directory);
  let root: RootDatabase | undefined;
  let held: HeldFile | undefined;
  try {
    root = open({
      path: directory,
      // Otherwise a name with a dot in it would be a file's.
      noSubdir: false,
      readOnly,
      // A write resolves when it is on the disk.
      overlappingSync: false,
      // Everything is written in batches of our own; LMDB's have promises that nobody could catch.
      eventTurnBatching: false,
      maxDbs: 12,
      maxReaders: 1024,
      encoding: "binary",
      keyEncoding: "binary",
    });
    const table = <V, K extends number | string | Buffer>(name: string, options: object): Database<V, K> => {
      const opened = root!.openDB<V, K>(name, options as never);
      if (opened === undefined) throw corrupt(directory, `it has no table of ${name}`);
      return opened;
    };
    const numbered = (name: string) => table<Buffer, number>(name, { encoding: "binary", keyEncoding: "uint32" });
    const keyed = (name: string) => table<Buffer, Buffer>(name, { encoding: "binary", keyEncoding: "binary" });
    if (readOnly && isUnwritten(root)) throw notYet(directory);
    const meta = table<unknown, string>("meta", META);
    if (!readOnly) held = holdLmdbFile(directory);
    const environment = root;
    let closing: Promise<void> | undefined;
    async function close(): Promise<void> {
      await environment.close();
      held?.close();
      own.users--;
      if (own.users === 0) opened.delete(place);
      await release();
    }
    const tables: Environment = {
      directory,
      root,
      meta,
      slots: numbered("slots"),
      low: numbered("low"),
      documents: numbered("documents"),
      ids: keyed("ids"),
      rows: numbered("rows"),
      words: keyed("words"),
      changes: numbered("changes"),
      state: (transaction) => meta.get("state", transaction && { transaction }) as State | undefined,
      checkSeen,
      checkKept() {
        if (held?.isKept() === false) throw removed(directory);
      },
      begin() {
        checkSeen();
        environment.resetReadTxn();
        return environment.useReadTransaction();
      },
      close: () => (closing ??= close()),
    };
    own.users++;
    opened.set(place, own);
    return tables;
  } catch (cause) {
    void root?.close();
    held?.close();
    if (cause instanceof BgeError) throw cause;
    const { message = "" } = cause as Partial<Error>;
    if (/MDB_(?:INVALID|VERSION_MISMATCH|CORRUPTED|PAGE_NOTFOUND|INCOMPATIBLE)/.test(message)) {
      throw corrupt(directory, message, cause);
    }
    throw failed(directory, "opened", cause);
  }
}
