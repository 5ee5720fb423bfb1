import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createTokens } from "../packages/core/src/tokens.js";
import { readGolden, type TokensGolden } from "./golden.js";
import { fixture } from "./models.js";

const packaged = (name: string) => fileURLToPath(new URL(`../packages/model-${name}/model`, import.meta.url));

describe.each([
  ["bge-small-en-v1.5", packaged("bge-small-en-v1.5"), "bert"],
  ["bge-small-zh-v1.5", packaged("bge-small-zh-v1.5"), "bert"],
  ["tiny-xlmr", fixture("tiny-xlmr-cls"), "xlm-roberta"],
  ["tiny-xlmr-reranker", fixture("tiny-xlmr-reranker"), "xlm-roberta"],
] as const)("token ids of %s", (name, directory, architecture) => {
  test("equal those of the Rust tokenizers", () => {
    const read = (file: string) => JSON.parse(readFileSync(join(directory, file), "utf8")) as object;
    const tokens = createTokens(read("tokenizer.json"), read("tokenizer_config.json"), architecture);
    const { texts, ids } = readGolden<TokensGolden>(`tokens-${name}.json.gz`);
    const differing = texts.flatMap((text, i) => {
      const { rows } = tokens.encode([text], { form: "single", maxTokens: 1_000_000 });
      return rows.ids.join() === ids[i]!.join() ? [] : [{ text, ours: [...rows.ids], rust: ids[i] }];
    });
    expect(texts.length).toBeGreaterThanOrEqual(1000);
    expect(differing).toEqual([]);
  });
});
