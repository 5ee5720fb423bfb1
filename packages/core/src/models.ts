import type { EmbeddingSpec, ModelSpec, RerankerSpec } from "./spec.js";

/** Source of the instructions: FlagEmbedding's model list; the space after the English colon and the full-width Chinese colon belong to them. */
const EN = "Represent this sentence for searching relevant passages: ";
const ZH = "为这个句子生成表示以用于检索相关文章：";

const BERT = { kind: "embedding", architecture: "bert", pooling: "cls", maxTokens: 512, licence: "MIT" } as const;
const EN_BERT = { ...BERT, queryInstruction: EN } as const;
const ZH_BERT = { ...BERT, queryInstruction: ZH } as const;
const XLMR_RERANKER = { kind: "reranker", architecture: "xlm-roberta", maxTokens: 512 } as const;

/** The default of `loadEmbedder()`, and of `loadReranker()` as late interaction. */
export const DEFAULT_MODEL = "BAAI/bge-small-en-v1.5";

/** The BGE family as data. Facts of repositories that could not be opened here are marked "unverified". */
// biome-ignore format: a table reads best with one model a line
export const MODELS = [
  { ...EN_BERT, id: "BAAI/bge-small-en",      dimensions: 384 },
  { ...EN_BERT, id: "BAAI/bge-base-en",       dimensions: 768 },
  { ...EN_BERT, id: "BAAI/bge-large-en",      dimensions: 1024 },
  { ...EN_BERT, id: "BAAI/bge-small-en-v1.5", dimensions: 384, lateInteraction: true },
  { ...EN_BERT, id: "BAAI/bge-base-en-v1.5",  dimensions: 768 },
  { ...EN_BERT, id: "BAAI/bge-large-en-v1.5", dimensions: 1024 },
  { ...ZH_BERT, id: "BAAI/bge-small-zh",      dimensions: 512 },
  { ...ZH_BERT, id: "BAAI/bge-base-zh",       dimensions: 768 },
  { ...ZH_BERT, id: "BAAI/bge-large-zh",      dimensions: 1024 },
  { ...ZH_BERT, id: "BAAI/bge-small-zh-v1.5", dimensions: 512, lateInteraction: true },
  { ...ZH_BERT, id: "BAAI/bge-base-zh-v1.5",  dimensions: 768 },
  { ...ZH_BERT, id: "BAAI/bge-large-zh-v1.5", dimensions: 1024 },
  // The dense output alone; the name of the token output is unverified.
  { kind: "embedding", id: "BAAI/bge-m3", architecture: "xlm-roberta", pooling: "cls", dimensions: 1024,
    maxTokens: 8192, defaultMaxTokens: 512, queryInstruction: "", output: "token_embeddings", licence: "MIT" },
  // Width and limit unverified.
  { ...BERT, id: "BAAI/llm-embedder", dimensions: 768, queryInstruction: "",
    needs: "an instruction on both sides, chosen by task" },
  // Width and limit unverified.
  { kind: "embedding", id: "BAAI/bge-code-v1", architecture: "qwen2", pooling: "last-token", dimensions: 1536,
    maxTokens: 32768, defaultMaxTokens: 4096, queryInstruction: "", licence: "Apache-2.0",
    needs: "last-token pooling and the query template of a decoder model" },
  { ...XLMR_RERANKER, id: "BAAI/bge-reranker-base",  licence: "MIT" },
  { ...XLMR_RERANKER, id: "BAAI/bge-reranker-large", licence: "MIT" },
  { ...XLMR_RERANKER, id: "BAAI/bge-reranker-v2-m3", maxTokens: 8192, defaultMaxTokens: 512, licence: "Apache-2.0" },
] as const satisfies readonly (EmbeddingSpec | RerankerSpec)[];

/** The model of this id; the name after `BAAI/` alone will do. Other organisations' ids never match. */
export function findModel(id: string): ModelSpec | undefined {
  return MODELS.find((model) => model.id === id || model.id === `BAAI/${id}`);
}
