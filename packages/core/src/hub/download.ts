import { join } from "node:path";
import { BgeError } from "../api/errors.js";
import { type Outcome, outcomeOf, publish, startStopwatch } from "../api/events.js";
import type { Dtype } from "../api/model.js";
import type { DownloadProgress } from "../api/options.js";
import { cachedCommit, pathsUnder, repositoryOf, snapshotOf } from "../model/cache.js";
import { exportAdvice } from "../model/export-advice.js";
import { TOKENIZER_FILES } from "../model/files.js";
import { readOwnFacts } from "../model/folder.js";
import { otherGraphs } from "../model/graph-choice.js";
import { layerOf, visionFile } from "../model/graphs.js";
import { isCommit, isSafePath, repositoryName } from "../model/names.js";
import { filesBeside, graphAmong, precisionsOf, weightPaths } from "../model/needed.js";
import { downloadBlob } from "./blob.js";
import { downloadError } from "./failures.js";
import { isSize, linkBlob, sweepPartials, writeWhole } from "./files.js";
import { HttpFailure } from "./http-failure.js";
import { type Hub, hostOf } from "./hub.js";
import { commitOf, listFiles } from "./listing.js";
import { withLock } from "./lock.js";
import type { ListedFile, Listing } from "./record.js";
import { contentId } from "./record.js";

export interface Wanted {
  readonly id: string;
  readonly revision: string;
  /** @default what the repository's bge.json says, else fp32 */
  readonly dtype: Dtype | undefined;
  /** Where a precision's graph may be, in order of preference. */
  readonly graphs: (dtype: Dtype) => readonly string[];
  /** Keep the commit that the cache has for the revision, and only add to it. */
  readonly stay: boolean;
  /** Hash files already on disk instead of only checking their size. */
  readonly distrust: boolean;
  readonly onProgress: ((progress: DownloadProgress) => void) | undefined;
}

/** A model in the cache after a download. */
export interface PulledModel {
  readonly id: string;
  /** The commit of all files. */
  readonly commit: string;
  /** The snapshot's folder, in Hugging Face layout. */
  readonly directory: string;
  readonly dtype: Dtype;
  /** The files of this precision, as paths in the folder. */
  readonly files: readonly string[];
  /** Total size of these files. */
  readonly bytes: number;
  /** Total size of the files that were downloaded; 0 if all were cached. */
  readonly downloadedBytes: number;
}

type Bring = (paths: readonly string[]) => Promise<void>;

/**
 * Downloads one precision of a model into the cache. The revision is resolved to a commit once, all files are of that commit, and
 * the revision's name is written last.
 *
 * @throws BgeError `MODEL_NOT_FOUND`, `ACCESS_DENIED`, `DOWNLOAD_FAILED`, `MODEL_CORRUPT`; or the signal's reason
 */
export async function downloadModel(hub: Hub, wanted: Wanted): Promise<PulledModel> {
  const { id, revision } = wanted;
  const repository = repositoryOf(id);
  const cache = join(repository, "..");
  try {
    const here = wanted.stay && !isCommit(revision) ? cachedCommit(repository, revision) : undefined;
    if (here !== undefined && isCommit(here)) {
      try {
        return await atCommit(hub, repository, here, wanted);
      } catch (error) {
        // After a force push, the commit may be gone.
        if (!(error instanceof HttpFailure) || error.status !== 404) throw error;
      }
    }
    return await atCommit(hub, repository, isCommit(revision) ? revision : await commitOf(hub, id, revision), wanted);
  } catch (error) {
    hub.signal?.throwIfAborted();
    throw downloadError(error, { hub, id, revision, cache });
  }
}

async function atCommit(hub: Hub, repository: string, commit: string, wanted: Wanted): Promise<PulledModel> {
  const { id, revision, graphs: places } = wanted;
  const listing = await listFiles(hub, repository, id, commit);
  const directory = snapshotOf(repository, commit);
  const lock = join(repository, "..", ".locks", repositoryName(id), "bge-js.lock");
  const named = isCommit(revision) || cachedCommit(repository, revision) === commit;
  const graph = (dtype: Dtype) => graphAmong(listing.keys(), places(dtype));
  let downloadedBytes = 0;

  async function all(bring: Bring): Promise<Dtype> {
    if (wanted.dtype === undefined && listing.has("bge.json")) await bring(["bge.json"]);
    const dtype = wanted.dtype ?? readOwnFacts(directory).dtype ?? "fp32";
    refuseLacking(hub, wanted, listing, dtype);
    const graphs = new Set([...(await graphsToKeep(repository, wanted, commit, listing)), graph(dtype)]);
    // A snapshot with the graph for texts is complete.
    const weights = [...graphs].flatMap((each) => weightPaths(each, listing.keys()));
    await bring([...filesBeside(listing.keys()), ...new Set(weights)]);
    return dtype;
  }

  let dtype = named ? await allHere(all, directory, listing, wanted) : undefined;
  dtype ??= await withLock(lock, hub.signal, async () => {
    await sweepPartials(join(repository, "blobs"));
    const brought = await all(async (paths) => {
      downloadedBytes += await bringFiles(hub, repository, commit, listing, paths, wanted);
    });
    if (!isCommit(revision) && cachedCommit(repository, revision) !== commit) {
      await writeWhole(repository, join("refs", ...revision.split("/")), commit);
    }
    await sweepPartials(join(repository, "blobs"));
    return brought;
  });
  const files = [...filesBeside(listing.keys()), ...weightPaths(graph(dtype), listing.keys())];
  const bytes = files.reduce((sum, path) => sum + listing.get(path)!.size, 0);
  return { id, commit, directory, dtype, files, bytes, downloadedBytes };
}

/** Returns the precision if all files are there. Then nothing is written or locked, so a read-only cache works. */
async function allHere(
  all: (bring: Bring) => Promise<Dtype>,
  directory: string,
  listing: Listing,
  { distrust }: Wanted,
): Promise<Dtype | undefined> {
  if (distrust) return undefined;
  let missing = false;
  const dtype = await all(async (paths) => {
    for (const path of paths) {
      missing ||= !(isSafePath(path) && (await isSize(join(directory, path), listing.get(path)!.size)));
    }
  });
  return missing ? undefined : dtype;
}

/** When a revision moves to a new commit, it keeps the precisions it had, so that what worked offline still does. */
async function graphsToKeep(
  repository: string,
  { revision, graphs }: Wanted,
  commit: string,
  listing: Listing,
): Promise<string[]> {
  const before = cachedCommit(repository, revision);
  if (before === undefined || before === commit) return [];
  const had = precisionsOf(await pathsUnder(snapshotOf(repository, before)), graphs);
  return had.map((dtype) => graphAmong(listing.keys(), graphs(dtype))).filter((path) => listing.has(path));
}

function refuseLacking(hub: Hub, { id, graphs }: Wanted, listing: Listing, dtype: Dtype): void {
  const paths = [...listing.keys()];
  // Old sentence-transformers releases saved the tokenizer in its own folder.
  const hasTokenizer = (name: string) =>
    paths.some((path) => path === name || (/^\d+_Transformer\//.test(path) && path.endsWith(`/${name}`)));
  const graph = graphAmong(paths, graphs(dtype));
  // A graph chosen by name has only one place, and is taken as it is.
  const named = graphs(dtype).length === 1;
  const weights = [graph, ...(named ? [] : [visionFile(graph) ?? []].flat())].filter((path) => !listing.has(path));
  const missing = [...weights, ...TOKENIZER_FILES.filter((name) => !hasTokenizer(name))];
  if (missing.length === 0) return;
  const has = precisionsOf(paths, graphs);
  const there = paths.filter((path) => path.endsWith(".onnx"));
  const asked = { dtype, layer: layerOf(graph), file: named ? graph : undefined };
  const others = listing.has(graph) ? "" : otherGraphs(there, { id }, asked);
  const nothing = there.length > 0 ? "" : ` It has no ONNX files in any precision. ${exportAdvice(id)}`;
  throw new BgeError("MODEL_NOT_FOUND", `${id} on ${hostOf(hub)} lacks ${missing.join(", ")}${others}.${nothing}`, {
    parameter: has.length > 0 ? "dtype" : "model",
  });
}

/** Downloads files into the snapshot, one by one: one connection saturates the line, and progress is easy to follow. */
async function bringFiles(
  hub: Hub,
  repository: string,
  commit: string,
  listing: Listing,
  paths: readonly string[],
  { id, revision, distrust, onProgress }: Wanted,
): Promise<number> {
  const missing: (ListedFile & { readonly path: string })[] = [];
  const unlinked: string[] = [];
  for (const path of paths) {
    const file = listing.get(path)!;
    if (!isSafePath(path)) throw unsafe(id, path);
    if (await isRight(join(snapshotOf(repository, commit), path), file, distrust, hub.signal)) continue;
    unlinked.push(path);
    const blob = join(repository, "blobs", file.content);
    if (!(await isRight(blob, file, distrust, hub.signal))) missing.push({ ...file, path });
  }
  const totalOfAll = missing.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const { path, ...file } of missing) {
    const url = new URL(`${hub.endpoint}/${id}/resolve/${commit}/${path.split("/").map(encodeURIComponent).join("/")}`);
    const watch = startStopwatch();
    const tell = (outcome: Outcome) =>
      publish("bge-js:download", () => ({
        model: id,
        commit,
        file: path,
        bytes: file.size,
        outcome,
        ...watch.read(),
      }));
    const onBytes = (bytes: number) =>
      onProgress?.({
        model: id,
        commit,
        file: path,
        bytes,
        total: file.size,
        bytesOfAll: before + bytes,
        totalOfAll,
      });
    await downloadBlob(hub, repository, { ...file, url, commit }, onBytes).catch((error: unknown) => {
      const shown = downloadError(error, { hub, id, revision, cache: join(repository, "..") });
      tell(outcomeOf(shown, hub.signal));
      throw error;
    });
    tell("ok");
    before += file.size;
  }
  for (const path of unlinked) {
    await linkBlob(repository, listing.get(path)!.content, join("snapshots", commit, ...path.split("/")), distrust);
  }
  return totalOfAll;
}

async function isRight(
  file: string,
  { size, content }: ListedFile,
  distrust: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!(await isSize(file, size))) return false;
  return !distrust || (await contentId(file, size, content, signal)) === content;
}

function unsafe(id: string, path: string): BgeError {
  return new BgeError(
    "MODEL_CORRUPT",
    `${id} lists a file whose path leads out of its folder: ${JSON.stringify(path)}.`,
  );
}
