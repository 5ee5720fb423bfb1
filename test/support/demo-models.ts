import { loadEmbedder, loadReranker, type ModelReference } from "@bge-js/core";
import { afterAll } from "vitest";
import type { Models } from "../../examples/demo/framework.js";
import { fixture } from "./models.js";

/** Models with random weights, for the tests of one file. */
export function tinyModels(): Promise<Models> {
  return load({ directory: fixture("tiny-bert-cls"), lateInteraction: true });
}

/** The embedded models, for the tests of one file. */
export function embeddedModels(): Promise<Models> {
  return load(undefined);
}

async function load(model: ModelReference | undefined): Promise<Models> {
  const embedder = await loadEmbedder(model);
  const reranker = await loadReranker(model);
  afterAll(async () => {
    await embedder.dispose();
    await reranker.dispose();
  });
  return { embedder, reranker, signal: new AbortController().signal };
}
