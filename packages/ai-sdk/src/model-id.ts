import type { Embedder, ModelReference, Reranker } from "@bge-js/core";
import { type AdapterModel, isLoaded, isRemote, isUrl } from "@bge-js/core/adapter";

/** Returns the name under which a model appears in results and traces. */
export function modelIdOf<Loaded extends Embedder | Reranker>(
  model: AdapterModel<Loaded> | undefined,
  byDefault: string,
): string {
  if (model === undefined) return byDefault;
  if (typeof model === "string") return model;
  if (isLoaded(model)) return model.spec.id;
  if (isUrl(model)) return model.href;
  if (isRemote(model)) return model.id ?? model.model ?? String(Array.isArray(model.url) ? model.url[0] : model.url);
  const { id, directory } = model as ModelReference;
  return id ?? String(directory);
}
