import { createRequire } from "node:module";
import { join } from "node:path";
import { EmbeddingModel, FlagEmbedding } from "fastembed";
import { folderOf } from "../models.mjs";
import { FILES } from "../random-models.mjs";
import { inBatches } from "./batches.mjs";

/** `embed` puts no prefix before the text, unlike `passageEmbed`, which puts that of another model family. */
export async function loadEmbedding(model) {
  limitThreads(model.threads);
  const embedding = await FlagEmbedding.init({
    model: EmbeddingModel.CUSTOM,
    modelAbsoluteDirPath: folderOf(model),
    modelName: join("onnx", FILES[model.dtype]),
  });
  const vectors = async (texts) => (await embedding.embed(texts, texts.length).next()).value;
  return {
    embed: (texts, options) => inBatches(texts, options, vectors),
    embedQuery: async (text) => (await vectors([text]))[0],
    dispose: () => embedding.session.release(),
  };
}

/** The library has no option for threads and takes every core: its ONNX Runtime is told from here. */
function limitThreads(threads) {
  const fromLibrary = createRequire(createRequire(import.meta.url).resolve("fastembed"));
  const { InferenceSession } = fromLibrary("onnxruntime-node");
  const create = InferenceSession.create.bind(InferenceSession);
  InferenceSession.create = (file, options) => create(file, { ...options, intraOpNumThreads: threads });
}
