import { basename, dirname } from "node:path";
import {
  AutoModelForSequenceClassification,
  AutoProcessor,
  AutoTokenizer,
  CLIPVisionModelWithProjection,
  env,
  pipeline,
  RawImage,
} from "@huggingface/transformers";
import { folderOf } from "../models.mjs";
import { inBatches } from "./batches.mjs";

const DTYPES = { fp32: "fp32", int8: "q8" };

export async function loadEmbedding(model) {
  const extractor = await pipeline("feature-extraction", ...fromFolder(model));
  const vectors = async (texts) => rowsOf(await extractor(texts, { pooling: "cls", normalize: true }));
  return {
    embed: (texts, options) => inBatches(texts, options, vectors),
    embedQuery: async (text) => (await vectors(text))[0],
    dispose: () => extractor.dispose(),
  };
}

export function loadReranking(model) {
  return model.task === "cross-encoder" ? loadCrossEncoder(model) : loadLateInteraction(model);
}

async function loadCrossEncoder(model) {
  const [name, options] = fromFolder(model);
  const tokenizer = await AutoTokenizer.from_pretrained(name, options);
  const classifier = await AutoModelForSequenceClassification.from_pretrained(name, options);
  return {
    score: (query, passages, options) =>
      inBatches(passages, options, async (batch) => {
        const queries = batch.map(() => query);
        const inputs = tokenizer(queries, { text_pair: batch, padding: true, truncation: true });
        return [...(await classifier(inputs)).logits.data];
      }),
    dispose: () => classifier.dispose(),
  };
}

/** The library has no late interaction: this is what its users write, token vectors and MaxSim, [CLS] left out. */
async function loadLateInteraction(model) {
  const extractor = await pipeline("feature-extraction", ...fromFolder(model));
  const tokenVectors = async (texts) => {
    const { attention_mask } = extractor.tokenizer(texts, { padding: true, truncation: true });
    const hidden = await extractor(texts, { pooling: "none" });
    const [rows, tokens, width] = hidden.dims;
    return Array.from({ length: rows }, (_, row) => {
      const used = attention_mask.data.subarray(row * tokens, (row + 1) * tokens).reduce((a, b) => a + Number(b), 0);
      return Array.from({ length: used - 1 }, (_, t) => {
        const from = (row * tokens + t + 1) * width;
        return normalised(hidden.data.subarray(from, from + width));
      });
    });
  };
  return {
    async score(query, passages, options) {
      const [asked] = await tokenVectors([query]);
      return inBatches(passages, options, async (batch) =>
        (await tokenVectors(batch)).map((passage) => maxSim(asked, passage)),
      );
    },
    dispose: () => extractor.dispose(),
  };
}

/** What its users write in place of an index: vectors in an array, and a cross-encoder that reads the best hundred for each question. */
export async function loadSearching(model) {
  const embedding = await loadEmbedding(model);
  const reranking = await loadCrossEncoder({ ...model, weights: "small-reranker" });
  let kept = [];
  return {
    async add(texts) {
      const vectors = await embedding.embed(texts, { batchSize: 1 });
      kept = texts.map((text, i) => ({ text, vector: vectors[i] }));
    },
    embed: (texts) => embedding.embed(texts, { batchSize: 1 }),
    ways: {
      async "vectors, then the cross-encoder over 100"(question) {
        const asked = await embedding.embedQuery(question);
        const best = kept
          .map(({ text, vector }) => ({ text, score: dot(asked, vector) }))
          .sort((a, b) => b.score - a.score)
          .slice(0, 100)
          .map(({ text }) => text);
        const scores = await reranking.score(question, best, { batchSize: 1 });
        return best.map((text, i) => ({ text, score: scores[i] })).sort((a, b) => b.score - a.score);
      },
    },
    dispose: () => Promise.all([embedding.dispose(), reranking.dispose()]),
  };
}

/** As its documentation reads pictures: RawImage, the processor, the vision model. */
export async function loadPictures(model) {
  const [name, options] = fromFolder(model, model.folder);
  const processor = await AutoProcessor.from_pretrained(name, options);
  const vision = await CLIPVisionModelWithProjection.from_pretrained(name, options);
  const vectors = async (paths) => {
    const images = await Promise.all(paths.map((path) => RawImage.read(path)));
    return rowsOf((await vision(await processor(images))).image_embeds).map(normalised);
  };
  return {
    embed: (paths, options) => inBatches(paths, options, vectors),
    dispose: () => vision.dispose(),
  };
}

/** From the local folder alone, with as many threads as everyone has. */
function fromFolder(model, folder = folderOf(model)) {
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder);
  const session_options = { intraOpNumThreads: model.threads };
  return [basename(folder), { dtype: DTYPES[model.dtype], local_files_only: true, session_options }];
}

function rowsOf({ data, dims: [rows, width] }) {
  return Array.from({ length: rows }, (_, row) => data.subarray(row * width, (row + 1) * width));
}

function maxSim(query, passage) {
  let sum = 0;
  for (const row of query) {
    let best = Number.NEGATIVE_INFINITY;
    for (const other of passage) best = Math.max(best, dot(row, other));
    sum += best;
  }
  return sum / query.length;
}

function normalised(vector) {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
}

function dot(a, b) {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d];
  return sum;
}
