import { createSlices } from "../slices.js";
import type { Stored } from "../store.js";
import type { Environment } from "./environment.js";
import { corrupt } from "./failures.js";
import { readDocument } from "./follow.js";
import { idKey, idOf } from "./records.js";

/** Ids that are read at once. */
const IDS = 512;

/** The documents of an index as of its last commit, by id. */
export interface Documents<D> {
  slotOf(id: string): number | undefined;
  /** The document in JSON. */
  jsonIn(slot: number): Buffer | undefined;
  get(id: string): D | undefined;
  /** @param check throws if it is to end */
  ids(check: () => void): AsyncGenerator<string, void, undefined>;
}

export function documentsOf<D extends Stored>({ directory, ids, documents, checkSeen }: Environment): Documents<D> {
  const slotOf = (id: string) => {
    checkSeen();
    return ids.get(idKey(id))?.readUInt32LE(0);
  };
  const jsonIn = (slot: number) => documents.get(slot);
  return {
    slotOf,
    jsonIn,
    get(id) {
      const slot = slotOf(id);
      if (slot === undefined) return undefined;
      const bytes = jsonIn(slot);
      const document = bytes && readDocument<D>(bytes);
      if (document === undefined) throw corrupt(directory, `the document ${JSON.stringify(id)} is missing or damaged`);
      return document;
    },
    async *ids(check) {
      const slices = createSlices();
      let start: Buffer | undefined;
      for (;;) {
        check();
        checkSeen();
        const range = start === undefined ? {} : { start, exclusiveStart: true };
        const part = [...ids.getRange({ ...range, limit: IDS })];
        if (part.length === 0) return;
        start = Buffer.from(part.at(-1)!.key);
        const found = part.map(({ key, value }) => idOf(key) ?? readDocument<D>(jsonIn(value.readUInt32LE(0))!)!.id);
        yield* found;
        await slices.next();
      }
    },
  };
}
