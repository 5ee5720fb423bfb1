import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type CachedModel, cachedModels, MODELS, type ModelSpec, type ResolvedModel, resolveModel } from "@bge-js/core";
import { isExported } from "@bge-js/core/adapter";
import type { Context } from "../context.js";
import { EXIT } from "../exit.js";
import { bytes, columns, counted } from "../format.js";

/** A model as listed. */
export interface ListedModel {
  readonly id: string;
  readonly kind: ModelSpec["kind"];
  /** True for models that read pictures too, with sharp as their decoder. */
  readonly pictures: boolean;
  readonly dimensions?: number;
  readonly maxTokens: number;
  /** SPDX licence of the weights, or `"unknown"`. */
  readonly licence: string;
  /**
   * `package`: installed from npm. `cache`: in the Hugging Face cache. Not on this machine: `hub`, which `bge pull` downloads, and
   * `export`, which the hub has without ONNX files.
   */
  readonly from: "package" | "cache" | "hub" | "export";
  /** Size on disk. */
  readonly bytes: number;
  /** Precisions whose graph is on disk. */
  readonly dtypes: readonly string[];
  /** What this release lacks to run it. */
  readonly needs?: string;
}

/** Lists the models of the table, and those in the cache. */
export async function models(
  flags: { readonly json?: boolean; readonly local?: boolean },
  { print, note }: Context,
): Promise<number> {
  const { models: all, others } = await listModels();
  const listed = flags.local ? all.filter(isLocal) : all;
  if (flags.json) for (const model of listed) await print(`${JSON.stringify(model)}\n`);
  else await print(columns([HEAD, ...listed.map(toRow)]));
  if (!flags.json && listed.some(({ from }) => from === "export")) note(`bge: ${EXPORT}`);
  if (others > 0) note(`bge: ${counted(others, "other model")} in the cache cannot be run by bge, and is not listed`);
  return EXIT.ok;
}

/** True for a model that is on this machine. */
export function isLocal({ from }: Pick<ListedModel, "from">): boolean {
  return from === "package" || from === "cache";
}

const EXPORT =
  "export: the hub has no ONNX files of these. In a copy of the bge-js repository, tools/export/export MODEL FOLDER " +
  "(with Python) writes a folder that loads like any other";

const HEAD = ["model", "kind", "dimensions", "tokens", "licence", "where", "on disk", "precision"];

function toRow(model: ListedModel): string[] {
  const { id, kind, pictures, dimensions, maxTokens, licence, from, needs } = model;
  return [
    id,
    pictures ? `${kind}, pictures too` : kind,
    dimensions === undefined ? "" : String(dimensions),
    String(maxTokens),
    licence,
    needs === undefined ? from : "not supported",
    isLocal(model) ? bytes(model.bytes) : "",
    model.dtypes.join(" "),
  ];
}

/** Returns the models of the table, then others in the cache; and how many are there that cannot be run. */
export async function listModels(): Promise<{ readonly models: readonly ListedModel[]; readonly others: number }> {
  const cached = new Map((await cachedModels()).map((model) => [model.id, model]));
  const listed: ListedModel[] = [];
  for (const spec of MODELS as readonly ModelSpec[]) {
    const inCache = cached.get(spec.id);
    cached.delete(spec.id);
    const found = resolved(spec.id);
    if (found?.source.from === "package") {
      const { directory, dtype } = found.source;
      listed.push({ ...factsOf(spec), from: "package", bytes: await sizeOf(directory), dtypes: [dtype] });
    } else if (inCache !== undefined) listed.push({ ...factsOf(spec), ...onDisk(inCache) });
    else {
      const from = isExported(spec.id) ? "export" : "hub";
      listed.push({ ...factsOf(spec), from, bytes: 0, dtypes: [] });
    }
  }
  let others = 0;
  for (const model of cached.values()) {
    const found = resolved(model.id, model);
    if (found === undefined) others++;
    else listed.push({ ...factsOf(found.spec), id: model.id, ...onDisk(model) });
  }
  return { models: listed, others };
}

/** Finds a model on this machine, in a precision that is there. */
export function resolved(id: string, cached?: CachedModel): ResolvedModel | undefined {
  const dtype = cached?.revisions.flatMap(({ dtypes }) => dtypes)[0];
  try {
    return resolveModel(id, { dtype });
  } catch {
    return undefined;
  }
}

function factsOf(spec: ModelSpec): Omit<ListedModel, "from" | "bytes" | "dtypes"> {
  const { id, kind, maxTokens, licence, needs } = spec;
  return {
    id,
    kind,
    pictures: spec.kind === "embedding" && (spec.imageOutput !== undefined || spec.vision !== undefined),
    ...(spec.kind === "embedding" && { dimensions: spec.dimensions }),
    maxTokens,
    licence,
    ...(needs !== undefined && { needs }),
  };
}

function onDisk({ bytes: size, revisions }: CachedModel): Pick<ListedModel, "from" | "bytes" | "dtypes"> {
  return { from: "cache", bytes: size, dtypes: [...new Set(revisions.flatMap(({ dtypes }) => dtypes))] };
}

async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const sizes = entries.map(async (entry) =>
    entry.isFile() ? (await stat(join(entry.parentPath, entry.name))).size : 0,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
