import type { EmbeddingSpec, ModelSpec, RerankerSpec } from "../api/model.js";
import { CODE_TASKS, LLM_EMBEDDER_TASKS, WEB_SEARCH_TASKS } from "./tasks.js";

/** Instructions from FlagEmbedding's model list. The space after the English colon and the full-width Chinese colon are part of them. */
const EN = "Represent this sentence for searching relevant passages: ";
const ZH = "为这个句子生成表示以用于检索相关文章：";

const BERT = {
  kind: "embedding",
  architecture: "bert",
  pooling: "cls",
  similarity: "cosine",
  maxTokens: 512,
  licence: "MIT",
} as const;
const EN_BERT = { ...BERT, queryInstruction: EN } as const;
const ZH_BERT = { ...BERT, queryInstruction: ZH } as const;
const XLMR_RERANKER = { kind: "reranker", architecture: "xlm-roberta", maxTokens: 512 } as const;
/** Embedders with a task description in the query, and bare documents. The graphs written by tools/export do the pooling. */
const DECODER = {
  kind: "embedding",
  pooling: "last-token",
  similarity: "cosine",
  queryInstruction: "",
  output: "dense",
} as const;
const TAGGED = { ...DECODER, queryFormat: "<instruct>{instruction}\n<query>{text}" } as const;

/** BGE-VL's CLIP models. Both graphs project into one space, and the text graph does the pooling. */
const CLIP = {
  kind: "embedding",
  architecture: "clip",
  pooling: "last-token",
  similarity: "cosine",
  maxTokens: 77,
  queryInstruction: "",
  output: "text_embeds",
  imageOutput: "image_embeds",
  licence: "MIT",
} as const;

/**
 * BGE-VL's models on LLaVA-NeXT: the strings of their own code, as FlagEmbedding runs them. Its vector is the last token's, that of the
 * prompt's end, and pictures are stretched before anything else. The limits are ours: the reference cuts nothing, in memory that grows
 * with the square of the tokens.
 */
const LLAVA = {
  kind: "embedding",
  architecture: "llava_next",
  pooling: "last-token",
  similarity: "cosine",
  dimensions: 4096,
  maxTokens: 32768,
  defaultMaxTokens: 2048,
  queryInstruction: "",
  output: "dense",
  licence: "MIT",
  vision: {
    imageToken: "<image>",
    stretch: 512,
    query: "[INST] \n <instruct> {instruction} <query>  {content} [/INST]",
    bareQuery: "[INST] \n <instruct>  <query> {content} [/INST]",
    bareDocument: "[INST]  {content} [/INST]",
    text: "{text} \n",
    image: "<image>",
    both: "{text} \n <image>",
  },
} as const;

/**
 * BGE-VL-Screenshot, on Qwen2.5-VL. Its own code could not be read: the prompt is Qwen's chat template as a public port, whose tests compare
 * it with the real model's, writes it. Dimensions and limits are the base model's, all unverified.
 */
const QWEN_VL = {
  kind: "embedding",
  architecture: "qwen2_5_vl",
  pooling: "last-token",
  similarity: "cosine",
  maxTokens: 128000,
  defaultMaxTokens: 2048,
  queryInstruction: "",
  output: "dense",
  vision: {
    imageToken: "<|image_pad|>",
    query: chat("{instruction}"),
    bareQuery: chat("You are a helpful assistant."),
    document: chat("{instruction}"),
    bareDocument: chat("You are a helpful assistant."),
    text: "{text}",
    image: "<|vision_start|><|image_pad|><|vision_end|>",
    both: "{text}<|vision_start|><|image_pad|><|vision_end|>",
  },
} as const;

/** Qwen's chat, with what is read as the user's message. */
function chat(system: string): string {
  const turn = (role: string, words: string) => `<|im_start|>${role}\n${words}<|im_end|>\n`;
  return `${turn("system", system)}${turn("user", "{content}")}<|im_start|>assistant\n`;
}

/** FlagLLMReranker's prompt: "A: query", "B: passage" and the question, on lines of their own. */
const LLM_RERANKER = {
  kind: "reranker",
  defaultMaxTokens: 512,
  padding: "left",
  licence: "Apache-2.0",
  prompt: {
    query: "A: ",
    document: "B: ",
    separator: "\n",
    text:
      "Given a query A and a passage B, determine whether the passage contains an answer to the query by providing " +
      "a prediction of either 'Yes' or 'No'.",
  },
} as const;

/** The default of `loadEmbedder()`. */
export const DEFAULT_EMBEDDER = "BAAI/bge-small-en-v1.5";
/** The default of `loadReranker()`. */
export const DEFAULT_RERANKER = "bge-js/reranker-small-en";

/** The facts of the BGE models. Those not checked against the model's repository are marked "unverified". */
// biome-ignore format: a table reads best with one model per line
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
  // The hub's own file only has hidden states, under an unverified name; tools/export writes all three heads.
  { kind: "embedding", id: "BAAI/bge-m3", architecture: "xlm-roberta", pooling: "cls", similarity: "cosine", dimensions: 1024,
    maxTokens: 8192, defaultMaxTokens: 512, queryInstruction: "", output: "token_embeddings",
    sparseOutput: "sparse", multiVectorOutput: "multi_vector", licence: "MIT" },
  // Dimensions and limit unverified.
  { ...BERT, id: "BAAI/llm-embedder", dimensions: 768, queryInstruction: "", tasks: LLM_EMBEDDER_TASKS },
  { ...CLIP, id: "BAAI/BGE-VL-base",  dimensions: 512 },
  { ...CLIP, id: "BAAI/BGE-VL-large", dimensions: 768 },
  { ...LLAVA, id: "BAAI/BGE-VL-MLLM-S1" },
  { ...LLAVA, id: "BAAI/BGE-VL-MLLM-S2" },
  { ...LLAVA, id: "BAAI/BGE-VL-v1.5-zs" },
  { ...LLAVA, id: "BAAI/BGE-VL-v1.5-mmeb" },
  // MIT by its card; its base, Qwen2.5-VL-3B, is not for commercial use.
  { ...QWEN_VL, id: "BAAI/BGE-VL-Screenshot", dimensions: 2048, licence: "unknown" },
  // The decoders' dimensions and limits are unverified. Default limits are the reference implementation's; bge-code-v1's is its card's.
  { ...TAGGED, id: "BAAI/bge-code-v1", architecture: "qwen2", dimensions: 1536,
    maxTokens: 32768, defaultMaxTokens: 4096, tasks: CODE_TASKS, licence: "Apache-2.0" },
  { ...TAGGED, id: "BAAI/bge-multilingual-gemma2", architecture: "gemma2", dimensions: 3584, padding: "left",
    maxTokens: 8192, defaultMaxTokens: 512, tasks: WEB_SEARCH_TASKS, licence: "unknown" },
  { ...TAGGED, id: "BAAI/bge-en-icl", architecture: "mistral", dimensions: 4096, padding: "left",
    maxTokens: 32768, defaultMaxTokens: 512, tasks: WEB_SEARCH_TASKS, licence: "unknown",
    fewShot: { exampleFormat: "<instruct>{instruction}\n<query>{query}\n<response>{response}", suffix: "\n<response>" } },
  { ...DECODER, id: "BAAI/bge-reasoner-embed-qwen3-8b-0923", architecture: "qwen3", dimensions: 4096, padding: "left",
    queryFormat: "Instruct: {instruction}\nQuery: {text}",
    maxTokens: 32768, defaultMaxTokens: 512, tasks: WEB_SEARCH_TASKS, licence: "unknown" },
  // Ours: bge-small-en-v1.5's encoder, trained on pairs by tools/train.
  { kind: "reranker", id: DEFAULT_RERANKER, architecture: "bert", maxTokens: 512, licence: "MIT",
    fusedWith: DEFAULT_EMBEDDER, fusedWeight: 0.75 },
  { ...XLMR_RERANKER, id: "BAAI/bge-reranker-base",  licence: "MIT" },
  { ...XLMR_RERANKER, id: "BAAI/bge-reranker-large", licence: "MIT" },
  { ...XLMR_RERANKER, id: "BAAI/bge-reranker-v2-m3", maxTokens: 8192, defaultMaxTokens: 512, licence: "Apache-2.0" },
  { ...LLM_RERANKER, id: "BAAI/bge-reranker-v2-gemma", architecture: "gemma", maxTokens: 8192 },
  { ...LLM_RERANKER, id: "BAAI/bge-reranker-v2-minicpm-layerwise", architecture: "minicpm", maxTokens: 4096,
    layers: { first: 8, last: 40 } },
  { ...LLM_RERANKER, id: "BAAI/bge-reranker-v2.5-gemma2-lightweight", architecture: "gemma2", maxTokens: 8192,
    needs: "token compression between layers, whose shapes depend on the data" },
] as const satisfies readonly (EmbeddingSpec | RerankerSpec)[];

/** Returns the cross-encoder measured to combine well with an embedding model, which is named as in `findModel`. */
export function rerankerFor(embedder: string = DEFAULT_EMBEDDER): string | undefined {
  const id = findModel(embedder)?.id;
  return MODELS.find((model) => "fusedWith" in model && model.fusedWith === id)?.id;
}

/** Finds a model by its id, or by its name without `BAAI/`. Other organisations' ids never match. */
export function findModel(id: string): ModelSpec | undefined {
  return MODELS.find((model) => model.id === id || model.id === `BAAI/${id}`);
}
