import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EmbeddingSpec } from "../api/model.js";
import { findModel, MODELS } from "../model/table.js";
import { createPrompts } from "./prompts.js";

const modelOf = (id: string) => findModel(id) as EmbeddingSpec;
const invalid = (parameter: string, ...words: string[]) =>
  expect.objectContaining({
    code: "INVALID_OPTION",
    parameter,
    message: expect.stringMatching(new RegExp(words.join(".*"), "s")),
  });

describe("prompts", () => {
  test("put an instruction before queries, once, and nothing before documents", () => {
    const prompts = createPrompts(modelOf("bge-small-en-v1.5"), {});
    const [query] = prompts.write(["what?"], "query");
    expect(query).toBe("Represent this sentence for searching relevant passages: what?");
    expect(prompts.write(["what?"], "document")).toEqual(["what?"]);
  });

  test("a custom instruction, and none", () => {
    const write = (queryInstruction: string | false) =>
      createPrompts(modelOf("bge-small-en-v1.5"), { queryInstruction }).write(["x"], "query");
    expect(write("find: ")).toEqual(["find: x"]);
    expect(write(false)).toEqual(["x"]);
  });

  test("llm-embedder has an instruction on both sides, by task", () => {
    const prompts = createPrompts(modelOf("llm-embedder"), { task: "qa" });
    expect(prompts.write(["a"], "query")).toEqual(["Represent this query for retrieving relevant documents: a"]);
    expect(prompts.write(["a"], "document")).toEqual(["Represent this document for retrieval: a"]);
    expect(prompts.spec.documentInstruction).toBe("Represent this document for retrieval: ");
    expect(Object.keys(modelOf("llm-embedder").tasks!)).toEqual(["qa", "icl", "chat", "lrlm", "tool", "convsearch"]);
  });

  test("a decoder's template has task and text, and its documents are bare", () => {
    const prompts = createPrompts(modelOf("bge-code-v1"), { task: "question-to-sql" });
    const instruction =
      "Given a question in text, retrieve SQL queries that are appropriate responses to the question.";
    expect(prompts.write(["count users"], "query")).toEqual([`<instruct>${instruction}\n<query>count users`]);
    expect(prompts.write(["SELECT 1"], "document")).toEqual(["SELECT 1"]);
    const bare = createPrompts(modelOf("bge-code-v1"), { queryInstruction: false });
    expect(bare.write(["count users"], "query")).toEqual(["count users"]);
  });

  test("a model with tasks requires a choice, and lists the tasks", () => {
    const create = (options: object) => () => createPrompts(modelOf("llm-embedder"), options);
    expect(create({})).toThrow(invalid("task", "missing", "convsearch"));
    expect(create({ task: "QA" })).toThrow(invalid("task", '"QA"', "convsearch"));
    expect(create({ task: "toString" })).toThrow(invalid("task"));
    expect(create({ task: "qa", queryInstruction: "x" })).toThrow(invalid("task", "queryInstruction"));
  });

  test("a choice that the model does not have is rejected", () => {
    const small = modelOf("bge-small-en-v1.5");
    expect(() => createPrompts(small, { task: "qa" })).toThrow(invalid("task", "no named tasks"));
    expect(() => createPrompts(small, { examples: [] })).toThrow(invalid("examples"));
  });

  test("few-shot examples precede the query, each with an instruction", () => {
    const prompts = createPrompts(modelOf("bge-en-icl"), {
      queryInstruction: "Answer.",
      examples: [
        { query: "q1", response: "r1" },
        { instruction: "Other.", query: "q2", response: "{query}" },
      ],
    });
    expect(prompts.encoding("query", 512)).toEqual({
      form: "few-shot",
      maxTokens: 512,
      prefix: "<instruct>Answer.\n<query>q1\n<response>r1\n\n" + "<instruct>Other.\n<query>q2\n<response>{query}\n\n",
      suffix: "\n<response>",
    });
    expect(prompts.encoding("document", 512)).toEqual({ form: "single", maxTokens: 512 });
    expect(prompts.write(["q"], "query")).toEqual(["<instruct>Answer.\n<query>q"]);
  });

  test("placeholders in texts are left alone", () => {
    const decoder = createPrompts(modelOf("bge-code-v1"), { queryInstruction: "{text} $& {instruction}" });
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(decoder.write([text], "query")).toEqual([`<instruct>{text} $& {instruction}\n<query>${text}`]);
      }),
    );
    expect(decoder.write(["{instruction}$1{text}"], "query")[0]).toMatch(/\{instruction\}\$1\{text\}$/);
  });

  test("every embedding model in the table can be prompted with its first task, or needs none", () => {
    for (const model of MODELS as readonly { kind: string }[] as readonly EmbeddingSpec[]) {
      if (model.kind !== "embedding") continue;
      const [task] = Object.keys(model.tasks ?? {});
      const prompts = createPrompts(model, task === undefined ? {} : { task });
      expect(prompts.write(["text"], "query")[0], model.id).toMatch(/text$/);
    }
  });
});
