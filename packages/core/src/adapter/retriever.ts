import { abortable } from "../abort.js";
import { isThenable, listener } from "../api/callbacks.js";
import { BgeError, invalid } from "../api/errors.js";
import type { CallOptions } from "../api/options.js";
import { checkOwn } from "../checks.js";
import { type ModelHandle, owned, shared } from "./handle.js";

/** A document in an index, with any further fields. */
export interface IndexedDocument {
  readonly id: string;
  readonly text: string;
  readonly [field: string]: unknown;
}

/** A search stage that did not score all its candidates. */
export interface ShortStage {
  readonly stage: string;
  readonly scored: number;
  readonly candidates: number;
}

/** The part of `@bge-js/retriever`'s Retriever that adapters use. Core does not depend on that package. */
export interface AdaptedRetriever {
  add(documents: readonly IndexedDocument[], options?: object): Promise<unknown>;
  remove(ids: Iterable<string>): number | Promise<number>;
  search(
    query: string,
    options: {
      readonly topN: number;
      readonly filter?: (document: IndexedDocument) => boolean;
      readonly budgetMs?: number;
      readonly signal?: AbortSignal;
    },
  ): Promise<{
    readonly results: readonly { readonly document: IndexedDocument; readonly score: number }[];
    readonly skipped: readonly ShortStage[];
  }>;
  dispose(): Promise<void>;
}

/** The search stages that did not score all their candidates. */
type Skipped<Loaded extends AdaptedRetriever> = Awaited<ReturnType<Loaded["search"]>>["skipped"];

/** The fields of every retriever adapter, in addition to the options of `loadRetriever`. */
export interface RetrieverFields<Document, Loaded extends AdaptedRetriever = AdaptedRetriever> {
  /** A loaded retriever: never disposed, and not combined with options of `loadRetriever`. @default one loaded by the first call */
  readonly retriever?: Loaded;
  /** Maximum number of documents returned. @default 3 */
  readonly topN?: number;
  /** Like the filter of the retriever's `search`; returns true or false, not a promise. @default all */
  readonly filter?: (document: Document) => boolean;
  /** Milliseconds per search, once models are loaded; what does not fit is skipped. @default none */
  readonly budgetMs?: number;
  /**
   * Called for each search in which stages did not score all their candidates in time. The search rejects with what it throws.
   * @default one process warning, `BGE_SKIPPED`
   */
  readonly onSkipped?: (skipped: Skipped<Loaded>, query: string) => void;
  /** Aborts every call made through the adapter. @default none */
  readonly signal?: AbortSignal;
}

/** An adapter's retriever, with the framework's documents. Rejects like the retriever. */
export interface RetrieverHandle<Document> {
  add(documents: readonly IndexedDocument[], options?: CallOptions): Promise<void>;
  remove(ids: Iterable<string>): Promise<void>;
  /** Resolves to documents with their search scores, best first. */
  search(query: string, options: CallOptions & { readonly topN: number }): Promise<readonly Found<Document>[]>;
  dispose(): Promise<void>;
}

export interface Found<Document> {
  readonly document: Document;
  readonly score: number;
}

/** Returns an adapter's constructor argument as fields: a bare retriever becomes the field `retriever`. @throws BgeError `INVALID_OPTION` */
export function retrieverFields<Fields extends object>(input: AdaptedRetriever | Fields): Fields {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw invalid("retriever", "must be a loaded retriever or an options object");
  }
  if (isThenable(input)) throw invalid("retriever", "is a promise; await it first");
  // All fields are optional, and only a loaded retriever has `dispose`.
  if ("dispose" in input) return { retriever: input } as unknown as Fields;
  checkOwn(input, "an adapter");
  return input as Fields;
}

/**
 * Returns the handle to the retriever behind the adapter `owner`.
 *
 * @param load loads a retriever with the options that are not search fields
 * @param toDocument converts an indexed document to the framework's
 */
export function retrieverHandle<Document, Loaded extends AdaptedRetriever, Options extends object>(
  owner: string,
  fields: Omit<RetrieverFields<Document, Loaded>, "topN" | "signal"> & Options,
  load: (options: Options) => Promise<Loaded>,
  toDocument: (document: IndexedDocument) => Document,
): RetrieverHandle<Document> {
  const { retriever, filter, budgetMs, onSkipped, ...options } = fields;
  for (const [name, value] of Object.entries({ filter, onSkipped })) {
    if (value !== undefined && typeof value !== "function") throw invalid(name, "must be a function");
  }
  const handle: ModelHandle<AdaptedRetriever> =
    retriever === undefined
      ? owned(owner, () => load(options as object as Options))
      : shared(owner, "retriever", retriever, "search", options);
  const tell = listener("onSkipped", onSkipped) ?? warnOfSkipped(owner);

  async function add(documents: readonly IndexedDocument[], addOptions: CallOptions = {}): Promise<void> {
    const loaded = await abortable(addOptions.signal)(handle.get());
    await loaded.add(documents, addOptions);
  }

  async function remove(ids: Iterable<string>): Promise<void> {
    const loaded = await handle.get();
    await loaded.remove(ids);
  }

  async function search(query: string, { topN, signal }: CallOptions & { readonly topN: number }) {
    const loaded = await abortable(signal)(handle.get());
    const { results, skipped } = await loaded.search(query, {
      topN,
      ...(filter && { filter: (document) => filter(toDocument(document)) }),
      ...(budgetMs !== undefined && { budgetMs }),
      ...(signal && { signal }),
    });
    if (skipped.length > 0) tell(skipped as Skipped<Loaded>, query);
    return results.map(({ document, score }) => ({ document: toDocument(document), score }));
  }

  return { add, remove, search, dispose: handle.dispose };
}

/** Rejects anything but an array. Core reports invalid documents in it by index. */
export function checkList(documents: unknown, parameter: string): asserts documents is readonly unknown[] {
  if (Array.isArray(documents)) return;
  throw new BgeError("INVALID_INPUT", `${parameter} must be an array.`, { parameter });
}

/** Returns an indexed document's further fields, with those of an object `metadata` merged in. */
export function metadataOf({ id: _, text: __, ...fields }: IndexedDocument): Record<string, unknown> {
  const { metadata, ...rest } = fields;
  const isObject = typeof metadata === "object" && metadata !== null && !Array.isArray(metadata);
  return isObject ? { ...rest, ...metadata } : fields;
}

/** Returns a listener that emits one process warning. */
export function warnOfSkipped(owner: string): (skipped: readonly ShortStage[]) => void {
  let warned = false;
  return (skipped) => {
    if (warned) return;
    warned = true;
    const stages = skipped
      .map(({ stage, scored, candidates }) => `${stage} read ${scored} of ${candidates}`)
      .join(", ");
    process.emitWarning(
      `${owner}: budgetMs was too short for all stages (${stages}). Raise it, pass fewer candidates, or handle onSkipped. ` +
        "Further calls are not reported.",
      { type: "BgeWarning", code: "BGE_SKIPPED" },
    );
  };
}

/** Imports an optional package with `open`. @throws BgeError `PACKAGE_NOT_FOUND`, saying what to install */
export async function optionalPackage<Module>(
  name: string,
  owner: string,
  open: () => Promise<Module>,
): Promise<Module> {
  try {
    return await open();
  } catch (cause) {
    // A package that is there and lacks one of its own says so itself.
    const { code, message } = cause as NodeJS.ErrnoException;
    const isMissing = (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") && message.includes(`'${name}'`);
    if (!isMissing) throw cause;
    throw new BgeError("PACKAGE_NOT_FOUND", `${owner} needs the package ${name}. Run: npm install ${name}`, { cause });
  }
}
