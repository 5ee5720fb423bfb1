import type { CallOptions } from "../../core/src/api/options.js";
import { abortable } from "../../core/src/abort.js";
import { BgeError } from "../../core/src/api/errors.js";
import { owned, shared } from "../../core/src/load/model-handle.js";
import { invalid } from "../../core/src/api/errors.js";
import type { AddOptions, AnyDocument, Retriever, RetrieverOptions, SkippedStage } from "./api.js";
import { loadRetriever } from "./load.js";

/** What every retriever adapter's fields have: the options of `loadRetriever`, or a loaded one, and those of each search. */
export interface RetrieverFields<Document> extends RetrieverOptions {
  /** A loaded one: shared, never disposed, and without options of `loadRetriever` beside it. @default one loaded by the first call */
  readonly retriever?: Retriever;
  /** At most this many documents are returned. @default 3 */
  readonly topN?: number;
  /** Only documents for which it is true. Asked about those that would be candidates, before they are. @default all */
  readonly filter?: (document: Document) => boolean;
  /** Milliseconds for each search, from when the models are loaded; what does not fit is skipped. @default none */
  readonly budgetMs?: number;
  /** Told of each search in which stages did not read all their candidates in time. @default one process warning, `BGE_SKIPPED` */
  readonly onSkipped?: (skipped: readonly SkippedStage[], query: string) => void;
  /** Aborts every call made through the adapter. @default none */
  readonly signal?: AbortSignal;
}

/** An adapter's retriever, with documents of the framework. It rejects as the retriever of core does. */
export interface RetrieverHandle<Document> {
  add(documents: readonly AnyDocument[], options?: AddOptions): Promise<void>;
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
export function retrieverFields<Fields extends RetrieverFields<never>>(input: Retriever | Fields): Fields {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw invalid("retriever", "must be a loaded retriever or an object of options");
  }
  // Every field of every adapter is optional, and none is a method of what is loaded.
  return ("dispose" in input ? { retriever: input } : input) as Fields;
}

/** The retriever behind the adapter `owner`; `toDocument` makes a document of the framework from one in the index. */
export function retrieverHandle<Document>(
  owner: string,
  fields: Omit<RetrieverFields<Document>, "topN" | "signal">,
  toDocument: (document: AnyDocument) => Document,
): RetrieverHandle<Document> {
  const { retriever, filter, budgetMs, onSkipped, ...options } = fields;
  for (const [name, value] of Object.entries({ filter, onSkipped })) {
    if (value !== undefined && typeof value !== "function") throw invalid(name, "must be a function");
  }
  const handle =
    retriever === undefined
      ? owned(owner, () => loadRetriever(options))
      : shared(owner, "retriever", retriever, "search", options);
  const tell = onSkipped ?? warnOnce(owner);

  async function add(documents: readonly AnyDocument[], addOptions: AddOptions = {}): Promise<void> {
    const loaded = await abortable(addOptions.signal)(handle.get());
    await loaded.add(documents, addOptions);
  }

  async function remove(ids: Iterable<string>): Promise<void> {
    const loaded = await handle.get();
    loaded.remove(ids);
  }

  async function search(query: string, { topN, signal }: CallOptions & { readonly topN: number }) {
    const loaded = await abortable(signal)(handle.get());
    const { results, skipped } = await loaded.search(query, {
      topN,
      ...(filter && { filter: (document) => filter(toDocument(document)) }),
      ...(budgetMs !== undefined && { budgetMs }),
      ...(signal && { signal }),
    });
    if (skipped.length > 0) tell(skipped, query);
    return results.map(({ document, score }) => ({ document: toDocument(document), score }));
  }

  return { add, remove, search, dispose: handle.dispose };
}

/** Refuses what is no list; what is no document in it, core reports by its index. */
export function checkList(documents: unknown, parameter: string): void {
  if (Array.isArray(documents)) return;
  throw new BgeError("INVALID_INPUT", `${parameter} must be an array.`, { parameter });
}

/** What a document of the index carries beside its id and text: its further fields, and those of an object `metadata`. */
export function metadataOf({ id: _, text: __, ...fields }: AnyDocument): Record<string, unknown> {
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
