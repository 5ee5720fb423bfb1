import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { folderOf } from "../../../../test/support/folders.js";
import { readDeclaration, readOwnFacts } from "./folder.js";

const bert = {
  architectures: ["BertModel"],
  model_type: "bert",
  hidden_size: 48,
  max_position_embeddings: 512,
  pad_token_id: 0,
};
const transformer = { type: "sentence_transformers.models.Transformer", path: "" };
const pooling = { type: "sentence_transformers.models.Pooling", path: "1_Pooling" };
const normalize = { type: "sentence_transformers.models.Normalize", path: "2_Normalize" };

const unsupported = expect.objectContaining({ name: "BgeError", code: "UNSUPPORTED_MODEL" });

describe("readDeclaration", () => {
  test("reads a sentence-transformers folder", () => {
    const folder = folderOf({
      "config.json": bert,
      "modules.json": [transformer, pooling, normalize],
      "1_Pooling/config.json": { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false },
      "config_sentence_transformers.json": { prompts: { query: "Query: " }, default_prompt_name: null },
      "sentence_bert_config.json": { max_seq_length: 256 },
    });
    expect(readDeclaration(folder)).toEqual({
      id: basename(folder),
      licence: "unknown",
      kind: "embedding",
      architecture: "bert",
      maxTokens: 512,
      defaultMaxTokens: 256,
      dimensions: 48,
      pooling: "cls",
      queryInstruction: "Query: ",
    });
  });

  test("reads a cross-encoder, and takes two positions off XLM-R's table", () => {
    const folder = folderOf({
      "config.json": {
        architectures: ["XLMRobertaForSequenceClassification"],
        model_type: "xlm-roberta",
        hidden_size: 32,
        max_position_embeddings: 8194,
        pad_token_id: 1,
      },
    });
    expect(readDeclaration(folder)).toEqual({
      id: basename(folder),
      licence: "unknown",
      kind: "reranker",
      architecture: "xlm-roberta",
      maxTokens: 8192,
    });
  });

  test("reports nothing that no file states", () => {
    const folder = folderOf();
    expect(readDeclaration(folder)).toEqual({ id: basename(folder), licence: "unknown", queryInstruction: "" });
  });

  test("limits the sequence length to the position table", () => {
    const folder = folderOf({ "config.json": bert, "sentence_bert_config.json": { max_seq_length: 4096 } });
    expect(readDeclaration(folder)).toMatchObject({ maxTokens: 512 });
    expect(readDeclaration(folder)).not.toHaveProperty("defaultMaxTokens");
  });

  test.each([
    [{ pooling_mode_mean_tokens: true }, "mean"],
    [{ pooling_mode: "mean" }, "mean"],
    [{ pooling_mode: "cls" }, "cls"],
    [{ pooling_mode: ["cls"] }, "cls"],
    [{ pooling_mode: "lasttoken", include_prompt: false }, "last-token"],
    [{ pooling_mode: "mean", pooling_mode_cls_token: true }, "mean"],
    [{ pooling_mode_cls_token: false }, "mean"],
    [{ word_embedding_dimension: 48 }, "mean"],
  ])("reads the pooling of %j", (config, expected) => {
    expect(readDeclaration(folderOf({ "config.json": bert, "1_Pooling/config.json": config })).pooling).toBe(expected);
  });

  test("looks for the pooling where modules.json says", () => {
    const folder = folderOf({
      "modules.json": [transformer, { ...pooling, path: "7_Pooling" }],
      "1_Pooling/config.json": { pooling_mode_cls_token: true },
      "7_Pooling/config.json": { pooling_mode_mean_tokens: true },
    });
    expect(readDeclaration(folder).pooling).toBe("mean");
  });

  test.each([
    ["two poolings at once", { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true }],
    ["max pooling", { pooling_mode_max_tokens: true }],
    ["weighted means", { pooling_mode_weightedmean_tokens: true }],
    ["a first token after the prompt", { pooling_mode: "cls", include_prompt: false }],
    ["a list of poolings", { pooling_mode: ["cls", "mean"] }],
    ["a mean without the prompt", { pooling_mode_mean_tokens: true, include_prompt: false }],
  ])("refuses %s", (_, config) => {
    expect(() => readDeclaration(folderOf({ "1_Pooling/config.json": config }))).toThrow(unsupported);
  });

  test("rejects an unsupported module", () => {
    const dense = { type: "sentence_transformers.models.Dense", path: "2_Dense" };
    const folder = folderOf({
      "modules.json": [transformer, pooling, dense],
      "1_Pooling/config.json": { pooling_mode: "cls" },
    });
    expect(() => readDeclaration(folder)).toThrow(unsupported);
    expect(() => readDeclaration(folder)).toThrow("sentence_transformers.models.Dense");
  });

  test.each([
    ["modules.json", [{ type: "custom_st.Transformer", path: "" }, pooling]],
    ["modules.json", [transformer, normalize, pooling]],
    ["modules.json", [pooling, transformer]],
    ["modules.json", [transformer, pooling, pooling]],
    ["config_sentence_transformers.json", { model_type: "SparseEncoder" }],
    ["sentence_bert_config.json", { transformer_task: "fill-mask" }],
    ["sentence_bert_config.json", { module_output_name: "sentence_embedding" }],
    [
      "sentence_bert_config.json",
      { modality_config: { text: { method: "forward", method_output_name: "pooler_output" } } },
    ],
    [
      "sentence_bert_config.json",
      { modality_config: { text: { method: "forward", method_output_name: "last_hidden_state" }, message: {} } },
    ],
    ["sentence_xlm-roberta_config.json", { tokenizer_args: { truncation_side: "left" } }],
    ["sentence_bert_config.json", { processing_kwargs: { common: { add_special_tokens: false } } }],
  ])("refuses what %s says: %j", (name, content) => {
    expect(() => readDeclaration(folderOf({ "config.json": bert, [name]: content }))).toThrow(unsupported);
  });

  test.each([
    ["config_sentence_transformers.json", { prompts: {}, default_prompt_name: "web" }, "default_prompt_name"],
    ["config_sentence_transformers.json", { truncate_dim: 0.5 }, "truncate_dim"],
    ["sentence_bert_config.json", { do_lower_case: "yes" }, "do_lower_case"],
    ["sentence_bert_config.json", { modality_config: 5 }, "modality_config"],
    ["sentence_bert_config.json", { processing_kwargs: { text: 5 } }, "text"],
  ])("reports %s as corrupt: %j", (name, content, says) => {
    const read = () => readDeclaration(folderOf({ "config.json": bert, [name]: content }));
    expect(read).toThrow(expect.objectContaining({ code: "MODEL_CORRUPT", message: expect.stringContaining(says) }));
  });

  test("uses the first non-empty settings", () => {
    const folder = folderOf({
      "config.json": bert,
      "sentence_bert_config.json": {},
      "sentence_roberta_config.json": { max_seq_length: 99, do_lower_case: true },
      "sentence_xlnet_config.json": { max_seq_length: 3 },
    });
    expect(readDeclaration(folder)).toMatchObject({ defaultMaxTokens: 99, lowerCase: true });
  });

  test("rejects an unsupported architecture", () => {
    expect(() => readDeclaration(folderOf({ "config.json": { model_type: "mpnet" } }))).toThrow(unsupported);
    expect(() => readDeclaration(folderOf({ "config.json": { model_type: "mpnet" } }))).toThrow('"mpnet"');
  });

  test.each([[{ prompts: { query: "q: " }, default_prompt_name: "query" }]])(
    "refuses one prompt on both sides: %j",
    (config) => {
      expect(() => readDeclaration(folderOf({ "config_sentence_transformers.json": config }))).toThrow(unsupported);
    },
  );

  test.each([
    [{ prompts: { query: "q: ", document: "d: " } }, "d: "],
    [{ prompts: { document: "", passage: "p: " } }, undefined],
    [{ prompts: { document: "d: ", corpus: "c: " } }, "d: "],
    [{ prompts: { document: "" } }, undefined],
  ])("reads the document instruction of %j", (config, instruction) => {
    const folder = folderOf({ "config_sentence_transformers.json": config });
    expect(readDeclaration(folder).documentInstruction).toBe(instruction);
  });

  test.each([
    [{}, ""],
    [{ prompts: {} }, ""],
    [{ prompts: { query: "", document: "" } }, ""],
    [{ prompts: { query: "q: ", classification: "c: " }, default_prompt_name: null }, "q: "],
  ])("reads the query instruction of %j", (config, instruction) => {
    const folder = folderOf({ "config_sentence_transformers.json": config });
    expect(readDeclaration(folder).queryInstruction).toBe(instruction);
  });

  test("names a truncated file", () => {
    const folder = folderOf({ "config.json": '{"model_type": "be' });
    expect(() => readDeclaration(folder)).toThrow(expect.objectContaining({ code: "MODEL_CORRUPT" }));
    expect(() => readDeclaration(folder)).toThrow("config.json cannot be used: it is not JSON: SyntaxError");
  });
});

test("readOwnFacts reads bge.json, and returns nothing if there is none", () => {
  expect(readOwnFacts(folderOf({ "bge.json": { id: "BAAI/x", dtype: "int8" } }))).toEqual({
    id: "BAAI/x",
    dtype: "int8",
  });
  expect(readOwnFacts(folderOf())).toEqual({});
});

test("readOwnFacts rejects unknown and invalid facts", () => {
  for (const facts of [{ batching: "sorted" }, { polling: "cls" }]) {
    const read = () => readOwnFacts(folderOf({ "bge.json": facts }));
    expect(read).toThrow(expect.objectContaining({ code: "MODEL_CORRUPT" }));
    expect(read).toThrow(`bge.json cannot be used: ${Object.keys(facts)[0]}`);
  }
});

test("readDeclaration rejects a modules.json that is not a list", () => {
  const folder = folderOf({ "config.json": bert, "modules.json": { "0": transformer } });
  expect(() => readDeclaration(folder)).toThrow(expect.objectContaining({ code: "MODEL_CORRUPT" }));
});
