import { BgeError } from "@bge-js/core";
import type { Environment } from "./environment.js";
import { corrupt } from "./failures.js";

/** Version of the layout on disk. */
const FORMAT = 2;

/** What an index was made with. */
export interface Identity {
  /** Everything that affects a vector. */
  readonly vectors: Readonly<Record<string, unknown>>;
  /** Whether documents have token rows. */
  readonly rows: boolean;
}

export function identityRecord({ vectors, rows }: Identity): object {
  return { format: FORMAT, vectors, rows };
}

/** The length of an index's vectors, if it says so in a layout that this release reads. */
export function dimensionsIn({ meta }: Environment): number | undefined {
  const found = meta.get("identity") as Partial<Identity & { readonly format: number }> | undefined;
  const dimensions = found?.format === FORMAT ? found.vectors?.dimensions : undefined;
  return typeof dimensions === "number" ? dimensions : undefined;
}

/**
 * Checks that an index was made with the same model.
 *
 * @throws BgeError `STORE_MISMATCH`, naming what differs and what to do
 */
export function checkIdentity({ directory, meta }: Environment, { vectors, rows }: Identity, readOnly: boolean): void {
  const found = meta.get("identity") as Partial<Identity & { readonly format: number }> | undefined;
  if (typeof found !== "object" || found.vectors === undefined) throw corrupt(directory, "it does not say what it is");
  if (found.format !== FORMAT) {
    const versions = `has version ${found.format} of the layout, and this release reads ${FORMAT}`;
    throw mismatch(directory, `${versions}. Use the release that made it, or add the documents to a new directory`);
  }
  const names = new Set([...Object.keys(found.vectors), ...Object.keys(vectors)]);
  const given = JSON.parse(JSON.stringify(vectors)) as Record<string, unknown>;
  const differing = [...names].filter((name) => JSON.stringify(found.vectors![name]) !== JSON.stringify(given[name]));
  if (differing.length > 0) {
    const list = differing.map(
      (name) => `${name} ${JSON.stringify(found.vectors![name])}, not ${JSON.stringify(given[name])}`,
    );
    const advice = "Load the model it was made with, or add the documents to a new directory";
    throw mismatch(directory, `was made with another model: ${list.join("; ")}. ${advice}`);
  }
  if (found.rows === rows || (readOnly && found.rows === true)) return;
  throw found.rows === true
    ? mismatch(directory, "has token vectors of its documents. Load it with lateInteraction: true, or readOnly: true")
    : mismatch(
        directory,
        "has no token vectors. Load it with lateInteraction: false, or add the documents to a new one",
      );
}

function mismatch(directory: string, problem: string): BgeError {
  return new BgeError("STORE_MISMATCH", `The index in ${directory} ${problem}.`, { parameter: "directory" });
}
