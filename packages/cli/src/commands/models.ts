import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type CachedModel, cachedModels, MODELS, type ModelSpec, type ResolvedModel, resolveModel } from "@bge-js/core";
import type { Context } from "../context.js";
import { EXIT } from "../exit.js";
import { bytes, columns, counted } from "../format.js";

/** A model as listed. */
export interface ListedModel {
  readonly id: string;
  readonly kind: ModelSpec["kind"];
  readonly dimensions?: number;
  readonly maxTokens: number;
  /** SPDX licence of the weights, or `"unknown"`. */
  readonly licence: string;
  /** `package`: installed from npm. `cache`: in the Hugging Face cache. `hub`: not on this machine. */
  readonly from: "package" | "cache" | "hub";
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
  const listed = flags.local ? all.filter(({ from }) => from !== "hub") : all;
  if (flags.json) for (const model of listed) await print(`${JSON.stringify(model)}\n`);
  else await print(columns([HEAD, ...listed.map(toRow)]));
  if (others > 0) note(`bge: ${counted(others, "other model")} in the cache cannot be run by bge, and is not listed`);
  return EXIT.ok;
}

const HEAD = ["model", "kind", "dimensions", "tokens", "licence", "where", "on disk", "precision"];

function toRow({ id, kind, dimensions, maxTokens, licence, from, bytes: size, dtypes, needs }: ListedModel): string[] {
  const where = needs === undefined ? from : "not supported";
  const onDisk = from === "hub" ? "" : bytes(size);
  return [
    id,
    kind,
    dimensions === undefined ? "" : String(dimensions),
    String(maxTokens),
    licence,
    where,
    onDisk,
    dtypes.join(" "),
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
    else listed.push({ ...factsOf(spec), from: "hub", bytes: 0, dtypes: [] });
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
