import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { EmbeddingSpec } from "../api/model.js";
import { findModel } from "../model/table.js";
import { createPrompts } from "./prompts.js";

/** Returns the process warnings that `act` causes. */
async function warningsOf(act: () => void): Promise<{ code?: string; message: string }[]> {
  const warnings: { code?: string; message: string }[] = [];
  const listener = (warning: Error) => void warnings.push(warning);
  process.on("warning", listener);
  try {
    act();
    await setImmediate();
  } finally {
    process.removeListener("warning", listener);
  }
  return warnings;
}

const modelOf = (id: string) => findModel(id) as EmbeddingSpec;
const INSTRUCTION = "Represent this sentence for searching relevant passages:";

describe("a text that already begins with its instruction", () => {
  test("is told of once a model, and written as the caller asked", async () => {
    const { write } = createPrompts(modelOf("bge-small-en-v1.5"), {});
    const warnings = await warningsOf(() => {
      expect(write(["a", `${INSTRUCTION} b`], "query")).toEqual([
        `${INSTRUCTION} a`,
        `${INSTRUCTION} ${INSTRUCTION} b`,
      ]);
      write([`${INSTRUCTION} c`], "query");
    });
    expect(warnings).toEqual([expect.objectContaining({ code: "BGE_INSTRUCTION" })]);
    expect(warnings[0]!.message).toMatch(
      /^BAAI\/bge-small-en-v1\.5: a query begins with "Represent .*:", .*queryInstruction: false\. This warning is emitted once per model\.$/,
    );
  });

  test("is told of for templates, and for documents where they have an instruction", async () => {
    const code = createPrompts(modelOf("bge-code-v1"), { queryInstruction: "Find it." });
    expect(await warningsOf(() => code.write(["<instruct>Find it.\n<query>x"], "query"))).toHaveLength(1);
    const find = createPrompts(modelOf("bge-small-en-v1.5"), { queryInstruction: "Find " });
    expect(await warningsOf(() => find.write(["Find Nemo"], "query"))).toHaveLength(1);
    const tasks = createPrompts(modelOf("llm-embedder"), { task: "qa" });
    const [warning] = await warningsOf(() => tasks.write(["Represent this document for retrieval: x"], "document"));
    expect(warning!.message).toMatch(/a document begins with .*Pass the text alone\. This/);
  });

  test("is not told of where nothing is put before it, or the words are elsewhere", async () => {
    const small = modelOf("bge-small-en-v1.5");
    const warnings = await warningsOf(() => {
      createPrompts(small, {}).write([`${INSTRUCTION} x`], "document");
      createPrompts(small, { queryInstruction: false }).write([`${INSTRUCTION} x`], "query");
      createPrompts(small, { queryInstruction: " " }).write(["x"], "query");
      createPrompts(small, { queryInstruction: "Find " }).write(["Finding Nemo"], "query");
      createPrompts(small, {}).write([`What is "${INSTRUCTION}"?`], "query");
    });
    expect(warnings).toEqual([]);
  });
});
