import { readlink, stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import { listener } from "../api/callbacks.js";
import { BgeError } from "../api/errors.js";
import type { Dtype, ModelReference } from "../api/model.js";
import { type Checks, checkOptions, isFunction, isSignal } from "../checks.js";
import { cachedCommit, pathsUnder, repositoryOf, snapshotOf } from "../model/cache.js";
import { TOKENIZER_FILES } from "../model/files.js";
import { dtypeOf } from "../model/graphs.js";
import { transformerPath } from "../model/modules-json.js";
import { isSafePath } from "../model/names.js";
import { graphAmong, weightPaths } from "../model/needed.js";
import { FILE_OPTIONS } from "../model/options.js";
import { hubModel } from "./pull.js";
import { contentId, isContentId, type ListedFile, type Listing, recordedListing } from "./record.js";

export interface VerifyOptions {
  /** A precision that must be present. @default those whose graph is present, at least one */
  readonly dtype?: Dtype | "q8";
  /** A branch, tag or commit in the cache. @default "main" */
  readonly revision?: string;
  /** Called after each checked file. @default none */
  readonly onProgress?: (progress: { readonly completed: number; readonly total: number }) => void;
  /** Aborts with `signal.reason`. @default none */
  readonly signal?: AbortSignal;
}

export interface VerifiedFile {
  /** Path in the snapshot. */
  readonly file: string;
  /**
   * `"ok"`: size and hash match the hub's. `"damaged"`: they do not. `"missing"`: the file is needed and absent. `"unchecked"`: no
   * hash is recorded, as in a cache that an old huggingface_hub wrote without links.
   */
  readonly status: "ok" | "damaged" | "missing" | "unchecked";
  /** Size on disk in bytes; 0 if missing. */
  readonly bytes: number;
  /** What is wrong. */
  readonly problem?: string;
}

export interface Verification {
  readonly id: string;
  readonly commit: string;
  readonly directory: string;
  /** True if nothing is damaged or missing. */
  readonly ok: boolean;
  readonly files: readonly VerifiedFile[];
}

const VERIFY_OPTIONS: Checks<VerifyOptions> = { ...FILE_OPTIONS, onProgress: isFunction, signal: isSignal };

/**
 * Checks a model's cached files against the hub's listing from when they were downloaded: size, SHA-256 of large files, git's hash of
 * others, and that none is missing. It needs no network and changes nothing; `pullModel(model, { verify: true })` repairs what it
 * finds.
 *
 * @param model a Hugging Face id
 * @example
 * const { ok, files } = await verifyModel("BAAI/bge-base-en-v1.5");
 * @throws BgeError `MODEL_NOT_FOUND` if the revision is not in the cache, `INVALID_OPTION`
 */
export async function verifyModel(
  model: string | URL | ModelReference,
  options: VerifyOptions = {},
): Promise<Verification> {
  const checked = checkOptions(options, VERIFY_OPTIONS, "verifyModel");
  const { revision = "main", signal } = checked;
  const onProgress = listener("onProgress", checked.onProgress);
  const { id, dtype, graphs } = hubModel(model, checked);
  signal?.throwIfAborted();
  const repository = repositoryOf(id);
  const commit = cachedCommit(repository, revision);
  const directory = commit === undefined ? undefined : snapshotOf(repository, commit);
  const present = directory === undefined ? [] : await pathsUnder(directory);
  if (commit === undefined || directory === undefined || present.length === 0) {
    throw new BgeError(
      "MODEL_NOT_FOUND",
      `${id} is not in the cache at revision ${revision} (${repository}). Download it with pullModel.`,
      {
        parameter: "model",
      },
    );
  }
  const listing = await recordedListing(repository, commit);
  const asked = dtype ?? (present.some((path) => dtypeOf(path) !== undefined) ? undefined : "fp32");
  const graph = asked === undefined ? [] : [graphAmong([...present, ...(listing?.keys() ?? [])], graphs(asked))];
  const needed = neededPaths(present, listing, graph, transformerPath(directory));
  const paths = [...new Set([...present, ...needed])].sort();
  const files: VerifiedFile[] = [];
  for (const path of paths) {
    signal?.throwIfAborted();
    files.push({ file: path, ...(await check(directory, path, listing?.get(path), signal)) });
    onProgress?.({ completed: files.length, total: paths.length });
  }
  const ok = files.every(({ status }) => status === "ok" || status === "unchecked");
  return { id, commit, directory, ok, files };
}

/** Returns the files that must be present: the tokenizer, and the weights of each precision. */
function neededPaths(
  present: readonly string[],
  listing: Listing | undefined,
  asked: readonly string[],
  transformer: string,
): string[] {
  const graphs = [...present.filter((path) => dtypeOf(path) !== undefined), ...asked];
  const listed = [...(listing?.keys() ?? [])];
  const weights = graphs.flatMap((graph) => weightPaths(graph, listed));
  const tokenizer = TOKENIZER_FILES.map((name) => posix.join(transformer, name));
  return [...tokenizer, ...weights.filter(isSafePath)];
}

async function check(
  directory: string,
  path: string,
  listed: ListedFile | undefined,
  signal: AbortSignal | undefined,
): Promise<Omit<VerifiedFile, "file">> {
  const file = join(directory, path);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return { status: "missing", bytes: 0, problem: "the file does not exist" };
  const bytes = found.size;
  if (listed !== undefined && listed.size !== bytes) {
    return { status: "damaged", bytes, problem: `${bytes} bytes, but the hub has ${listed.size}` };
  }
  // Without a listing, the blob's name is still its hash.
  const content = listed?.content ?? basename(await readlink(file).catch(() => ""));
  if (!isContentId(content)) return { status: "unchecked", bytes };
  const hash = await contentId(file, bytes, content, signal);
  return hash === content
    ? { status: "ok", bytes }
    : { status: "damaged", bytes, problem: `hash ${hash}, not ${content}` };
}
