import { abortable } from "../abort.js";
import { isThenable, listener } from "../api/callbacks.js";
import { BgeError, invalid } from "../api/errors.js";
import type { CallOptions } from "../api/options.js";
import { type ModelHandle, owned, shared } from "./handle.js";

/** A document of an index, with any further fields. */
export interface IndexedDocument {
  readonly id: string;
  readonly text: string;
  readonly [field: string]: unknown;
}

/** A stage of a search that did not read all its candidates. */
export interface ShortStage {
  readonly stage: string;
  readonly scored: number;
  readonly candidates: number;
}

/** What an adapter uses of a retriever of `@bge-js/retriever`, which core does not depend on. */
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

/** The stages of a search that did not read all their candidates. */
type Skipped<Loaded extends AdaptedRetriever> = Awaited<ReturnType<Loaded["search"]>>["skipped"];

/** The fields that every retriever adapter has beside the options of `loadRetriever`. */
export interface RetrieverFields<Document, Loaded extends AdaptedRetriever = AdaptedRetriever> {
  /** A loaded one: shared, never disposed, and without options of `loadRetriever` beside it. @default one loaded by the first call */
  readonly retriever?: Loaded;
  /** At most this many documents are returned. @default 3 */
  readonly topN?: number;
  /** As the filter of the retriever's `search`: it gives true or false, and no promise. @default all */
  readonly filter?: (document: Document) => boolean;
  /** Milliseconds for each search, from when the models are loaded; what does not fit is skipped. @default none */
  readonly budgetMs?: number;
  /**
   * Told of each search in which stages did not read all their candidates in time; what it throws comes out of the search.
   * @default one process warning, `BGE_SKIPPED`
   */
  readonly onSkipped?: (skipped: Skipped<Loaded>, query: string) => void;
  /** Aborts every call made through the adapter. @default none */
  readonly signal?: AbortSignal;
}

/** An adapter's retriever, with documents of the framework. It rejects as the retriever does. */
export interface RetrieverHandle<Document> {
  add(documents: readonly IndexedDocument[], options?: CallOptions): Promise<void>;
  remove(ids: Iterable<string>): Promise<void>;
  /** Best first, with the scores of the search. */
  search(query: string, options: CallOptions & { readonly topN: number }): Promise<readonly Found<Document>[]>;
  dispose(): Promise<void>;
}

export interface Found<Document> {
  readonly document: Document;
  readonly score: number;
}

/** An adapter's constructor argument as fields: a bare retriever is the field `retriever`. Throws `INVALID_OPTION`. */
export function retrieverFields<Fields extends object>(input: AdaptedRetriever | Fields): Fields {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw invalid("retriever", "must be a loaded retriever or an object of options");
  }
  if (isThenable(input)) throw invalid("retriever", "is a promise: await it");
  // Every field of every adapter is optional, and none is a method of what is loaded.
  return ("dispose" in input ? { retriever: input } : input) as Fields;
}

/**
 * The retriever behind the adapter `owner`; `load` loads one with the options that are no fields of a search, and `toDocument` makes
 * a document of the framework from one in the index.
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
  const tell = listener("onSkipped", onSkipped) ?? warnOnce(owner);

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

/** Refuses what is no list; what is no document in it, core reports by its index. */
export function checkList(documents: unknown, parameter: string): asserts documents is readonly unknown[] {
  if (Array.isArray(documents)) return;
  throw new BgeError("INVALID_INPUT", `${parameter} must be an array.`, { parameter });
}

/** What a document of the index carries beside its id and text: its further fields, and those of an object `metadata`. */
export function metadataOf({ id: _, text: __, ...fields }: IndexedDocument): Record<string, unknown> {
  const { metadata, ...rest } = fields;
  const isObject = typeof metadata === "object" && metadata !== null && !Array.isArray(metadata);
  return isObject ? { ...rest, ...metadata } : fields;
}

function warnOnce(owner: string): NonNullable<RetrieverFields<never>["onSkipped"]> {
  let warned = false;
  return (skipped) => {
    if (warned) return;
    warned = true;
    const stages = skipped
      .map(({ stage, scored, candidates }) => `${stage} read ${scored} of ${candidates}`)
      .join(", ");
    process.emitWarning(
      `${owner}: budgetMs was too short for all stages (${stages}). Raise it, lower candidates, or see onSkipped. ` +
        "Further searches of this retriever are not announced.",
      { type: "BgeWarning", code: "BGE_SKIPPED" },
    );
  };
}

/** A package that an adapter uses when it is installed: `open` imports it. @throws BgeError that says what to install */
export async function optionalPackage<Module>(
  name: string,
  owner: string,
  open: () => Promise<Module>,
): Promise<Module> {
  try {
    return await open();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw cause;
    throw new BgeError("PACKAGE_NOT_FOUND", `${owner} needs the package ${name}: npm install ${name}`, { cause });
  }
}
