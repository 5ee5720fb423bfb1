import { existsSync } from "node:fs";
import { join } from "node:path";
import { createTokenCounter, type Embedder } from "@bge-js/core";
import type { RetrieverOptions, Stage } from "@bge-js/retriever";
import { CANDIDATES } from "@bge-js/retriever/adapter";
import type { Context } from "../context.js";
import { embedderOptions, type PlaceFlags } from "../model-flags.js";
import { createPdfReader, type PdfReader } from "../pdf/reader.js";
import { createProgress } from "../progress.js";
import { indexPlace } from "./index-place.js";
import { becomeKeeper, type Release } from "./keeper.js";
import { type Look, look } from "./look.js";
import { type KnownFile, type Manifest, NO_FILES, readManifest, writeManifest } from "./manifest.js";
import { openRetriever } from "./open-retriever.js";
import { pageAt } from "./pages.js";
import type { CountTokens } from "./passages.js";
import { update } from "./update.js";
import { type Aside, nothingAside, type Root } from "./walk.js";

export interface IndexFlags extends PlaceFlags {
  /** Where to keep the index; false to keep none. */
  readonly index?: string | false;
  /** Whether a cross-encoder reads the best passages again. */
  readonly rerank?: boolean;
  /** The most passages that a search will ask for. @default no more than are usually looked at */
  readonly top?: number;
}

/** A passage found. */
export interface Hit {
  /** Of the file, with `/`, from the folder (or from its name, if there are several). */
  readonly path: string;
  /** Of a PDF: the page, from 1. */
  readonly page?: number;
  /** First and last line, from 1; in a PDF, over all pages. */
  readonly line: number;
  readonly lastLine: number;
  /** The line of each line of `text`, if some between are left out, as in HTML. */
  readonly lines?: readonly number[];
  /** The headings it stands under, `Guide > Install`. */
  readonly heading?: string;
  readonly text: string;
  /** Orders the hits of one search. */
  readonly score: number;
  readonly scores: Partial<Readonly<Record<Stage, number>>>;
}

/** A file that has been read. */
export interface IndexedFile extends Pick<KnownFile, "hash" | "pages" | "problem"> {
  /** Absolute. */
  readonly file: string;
}

/** What an update came to. */
export interface UpdateReport {
  /** In the index now. */
  readonly files: number;
  readonly passages: number;
  /** Passages that came and went. */
  readonly added: number;
  readonly removed: number;
  readonly aside: Aside;
}

export interface SearchFlags {
  readonly top: number;
  /** Restricts the search to paths for which it returns true. @default all */
  readonly within?: (path: string) => boolean;
  readonly signal: AbortSignal;
}

/** The passages of the files in some folders. */
export interface FolderIndex extends AsyncDisposable {
  readonly roots: readonly Root[];
  /** True while another process keeps the index up to date. */
  readonly followsAnother: boolean;
  /** Reads the files that are new or changed, and forgets those that are gone. */
  update(): Promise<UpdateReport>;
  /** Returns a file as it was when it was read, with its place on the disk; `undefined` for any that was not. */
  fileOf(path: string): IndexedFile | undefined;
  /** The paths of all files that were read. */
  paths(): Iterable<string>;
  /** Whether `.gitignore` files named what has this name in a folder, when its files were last looked at. */
  isIgnored(directory: string, name: string, isFolder: boolean): boolean;
  /** What those files said: the same text as long as they are the same. */
  rulesText(): string;
  /** For who reads pages of an indexed PDF. */
  readonly pdf: PdfReader;
  /** Finds the best passages, as of the last update. */
  search(question: string, flags: SearchFlags): Promise<Hit[]>;
}

/**
 * Opens the kept index of these folders, or an empty one. Where another process writes to it, this one reads what that has
 * read, until it is gone.
 *
 * @param loading the embedder, which is disposed with the index
 */
export async function openFolderIndex(
  roots: readonly Root[],
  { index, rerank, top = 0, ...flags }: IndexFlags,
  loading: Promise<Embedder>,
  context: Pick<Context, "signal" | "note">,
): Promise<FolderIndex> {
  const { signal } = context;
  // Told to who awaits it, which is only after the place of the index is known.
  loading.catch(() => {});
  // The folders are looked through while the model loads.
  let first: Promise<Look> | undefined = look(roots, signal);
  first.catch(() => {});
  let release: Release | undefined;
  const giveUp = async (error: unknown): Promise<never> => {
    await loading.then(
      (embedder) => embedder.dispose(),
      () => {},
    );
    await release?.();
    throw error;
  };
  const place = index === false ? undefined : await indexPlace(roots, index, flags.model ?? "").catch(giveUp);
  release = place && (await becomeKeeper(place, context).catch(giveUp));
  const options: Omit<RetrieverOptions, "embedder"> = {
    ...(rerank ? {} : { reranker: false as const }),
    ...(top > CANDIDATES.dense && { candidates: { lexical: top, dense: top } }),
    load: embedderOptions(flags, context),
  };
  const open = async () => {
    const readOnly = place !== undefined && release === undefined;
    const [retriever, manifest] = await Promise.all([
      openRetriever(place?.store, loading, options, readOnly, context),
      readManifest(place?.manifest),
    ]);
    const places = placesOf(manifest);
    // An index that was interrupted, or made anew, is compared with the files themselves.
    const isWhole = readOnly || retriever.size === places.size;
    return isWhole
      ? { readOnly, retriever, manifest, places }
      : { readOnly, retriever, manifest: NO_FILES, places: placesOf(NO_FILES) };
  };
  let { retriever, readOnly, manifest, places } = await open().catch(giveUp);
  // One for the index, and one for who reads meanwhile.
  const [pdf, ownPdf] = [createPdfReader(), createPdfReader()];
  const searching = new Set<Promise<unknown>>();
  let rules: Look["rules"] = new Map();
  let tokenizer: CountTokens | undefined;
  const countTokens = (text: string) => {
    // Only new passages need it.
    tokenizer ??= createTokenCounter(retriever.embedder).countTokens;
    return tokenizer(text);
  };

  /** True for a keeper whose index was removed: what it adds would be lost. */
  const isRemoved = () => release !== undefined && !existsSync(place!.lock);

  /** Reads what the keeper has read by now, or takes its place if it is gone. */
  async function followKeeper(): Promise<void> {
    const wasKeeper = release !== undefined;
    // A folder that was removed as a whole is not made for its index.
    if (existsSync(roots[0]!.directory)) await indexPlace(roots, index || undefined, flags.model ?? "");
    release = await becomeKeeper(place!, context);
    if (release !== undefined || wasKeeper) {
      // What was seen when this process started is old by now.
      first = undefined;
      await Promise.allSettled(searching);
      // LMDB does not open an index twice in a process.
      await retriever.dispose();
      ({ retriever, readOnly, manifest, places } = await open().catch(async (error: unknown) => {
        // Tried again with the next update, by this process or another.
        await release?.();
        release = undefined;
        throw error;
      }));
    } else {
      manifest = await readManifest(place!.manifest);
      places = placesOf(manifest);
    }
  }

  return {
    roots,
    get followsAnother() {
      return readOnly;
    },
    async update() {
      if (isRemoved() && !roots.some(({ directory }) => existsSync(directory))) {
        // It may come back, with or without its index.
        [manifest, places] = [NO_FILES, placesOf(NO_FILES)];
        return { files: 0, passages: 0, added: 0, removed: 0, aside: nothingAside() };
      }
      if (readOnly || isRemoved()) await followKeeper();
      if (readOnly) {
        if (first !== undefined) ({ rules } = await first);
        return { files: readable(manifest), passages: places.size, added: 0, removed: 0, aside: nothingAside() };
      }
      const { found, readAt, aside, rules: read } = await (first ?? look(roots, signal));
      first = undefined;
      rules = read;
      const progress = createProgress("indexing files");
      const { files, added, removed } = await update(retriever, found, manifest, {
        countTokens,
        pdf: ownPdf,
        aside,
        signal,
        onProgress: ({ files: done, total }) => progress.update(done, total),
      }).finally(() => progress.finish());
      if (files !== manifest.files) {
        manifest = { files, readAt };
        places = placesOf(manifest);
        await writeManifest(place?.manifest, manifest);
      }
      return { files: readable(manifest), passages: places.size, added, removed, aside };
    },
    fileOf(path) {
      const known = manifest.files.get(path);
      if (known === undefined) return undefined;
      const root = roots.length === 1 ? roots[0]! : roots.find(({ name }) => path.startsWith(`${name}/`))!;
      return { ...known, file: join(root.directory, root.name === "" ? path : path.slice(root.name.length + 1)) };
    },
    paths: () => manifest.files.keys(),
    async search(question, { top, within, signal: stop }) {
      const filter = within && (({ id }: { readonly id: string }) => within(places.get(id)?.path ?? ""));
      const search = retriever.search(question, { topN: top, signal: stop, ...(filter && { filter }) });
      searching.add(search);
      const { results } = await search.finally(() => searching.delete(search));
      return results.flatMap(({ id, document, score, scores }) => {
        const place = places.get(id);
        if (place === undefined) return [];
        const { text, title } = document;
        const own = title === undefined ? { text } : { heading: title, text: text.slice(title.length + "\n\n".length) };
        const { pages } = manifest.files.get(place.path)!;
        return [{ ...place, ...(pages && { page: pageAt(place.line, pages) }), ...own, score, scores }];
      });
    },
    isIgnored: (directory, name, isFolder) => rules.get(directory)?.isIgnored(name, isFolder) ?? false,
    rulesText: () =>
      JSON.stringify([...rules].flatMap(([directory, { text }]) => (text === "" ? [] : [directory, text]))),
    pdf,
    async [Symbol.asyncDispose]() {
      await Promise.all([pdf[Symbol.asyncDispose](), ownPdf[Symbol.asyncDispose]()]);
      await retriever.dispose();
      await (await loading).dispose();
      await release?.();
    },
  };
}

/** How many files there are but for those of which nothing can be read. */
function readable({ files }: Manifest): number {
  let count = 0;
  for (const { problem } of files.values()) if (problem === undefined) count++;
  return count;
}

type Place = Pick<Hit, "path" | "line" | "lastLine" | "lines">;

function placesOf({ files }: Manifest): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const [path, { passages }] of files) {
    for (const [id, line, lastLine, lines] of passages)
      places.set(id, { path, line, lastLine, ...(lines && { lines }) });
  }
  return places;
}
