import { existsSync, readdirSync, readFileSync } from "node:fs";
import {
  type BgeError,
  calibrate,
  calibrateRanges,
  loadEmbedder,
  loadReranker,
  MODELS,
  type RemoteModel,
  type Reranker,
  splitText,
  topKQuantized,
} from "@bge-js/core";
import { rerankerHandle } from "@bge-js/core/adapter";
import { ingest } from "@bge-js/ingest";
import * as langchain from "@bge-js/langchain";
import * as llamaindex from "@bge-js/llamaindex";
import { loadQdrantRetriever } from "@bge-js/qdrant";
import { serve } from "@bge-js/server";
import { MetadataMode } from "@llamaindex/core/schema";
import { describe, expect, test } from "vitest";
import { MAX_QUEUED_TOKENS } from "../packages/core/src/engine/call.js";
import { FUSED_DEPTH } from "../packages/core/src/load/open-fused.js";
import { imagePolicy, MULTIMODAL_OPTIONS } from "../packages/core/src/model/multimodal-options.js";
import { LOAD } from "../packages/core/src/model/options.js";
import { findModel } from "../packages/core/src/model/table.js";
import { MAX_WAITING } from "../packages/ingest/src/queue/produce.js";
import { CONCURRENCY, STALLED_AFTER_MS } from "../packages/ingest/src/queue/worker.js";
import { MULTIMODAL_RETRIEVER } from "../packages/retriever/src/pictures/options.js";
import { CANDIDATES, WEIGHTS } from "../packages/retriever/src/retriever.js";
import { settingsOf } from "../packages/server/src/options.js";
// @ts-expect-error: no types
import { PAGES } from "../site/pages.mjs";

function ourWeight(): number | undefined {
  const model = findModel("bge-js/reranker-small-en");
  return model?.kind === "reranker" ? model.fusedWeight : undefined;
}

/** What READMEs and doc comments say of defaults, against what the code does. */
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

/** The cells "option" and "default" of all tables of options in a README. */
function tables(path: string): Map<string, string> {
  const rows = new Map<string, string>();
  for (const [table] of read(path).matchAll(/^ *\| option .*\n( *\|.*\n)+/gm)) {
    for (const line of table.trim().split("\n").slice(2)) {
      const [names, usual] = line.trim().slice(1, -1).split(" | ");
      for (const [, name] of names!.matchAll(/`(\w+)`/g)) rows.set(name!, usual!.trim());
    }
  }
  return rows;
}

/** The `@default` of a member in a TypeScript file. */
function tagged(path: string, member: string): string {
  const [before] = read(path).split(new RegExp(`^  readonly ${member}\\?:`, "m"));
  const [, text] = before!.slice(before!.lastIndexOf("/**")).split("@default ");
  return text!
    .replace(/\s*\*\/\s*$/, "")
    .replace(/\s*\n\s*\* /g, " ")
    .trim();
}

async function scaleOf(loading: Promise<Reranker>): Promise<string> {
  await using reranker = await loading;
  return JSON.stringify(reranker.scale);
}

const CROSS_ENCODER = "bge-js/reranker-small-en";

describe("@bge-js/core", () => {
  const rows = tables("docs/options.md");

  test("docs/options.md has a row for each option of the loaders, and for nothing else", async () => {
    const refusals = [loadEmbedder, loadReranker].map((load) => load(undefined, { unheard: 1 } as object));
    const known = new Set<string>();
    for (const { reason } of (await Promise.allSettled(refusals)) as PromiseRejectedResult[]) {
      const { message } = reason as BgeError;
      for (const name of message.slice(message.indexOf("Known options: ") + 15, -1).split(", ")) known.add(name);
    }
    expect([...rows.keys()].sort()).toEqual([...known].sort());
  });

  test("docs/remote.md has a row for each option of a model with a url, and names its facts", async () => {
    const model = { url: "http://127.0.0.1:1", api: "tei", unheard: 1 } as unknown as RemoteModel;
    const { message }: BgeError = await loadEmbedder(model).then(undefined, (error) => error);
    const known = message.slice(message.indexOf("Known options: ") + 15, -1).split(", ");
    const page = read("docs/remote.md");
    const rows = tables("docs/remote.md");
    for (const name of known) expect(rows.has(name) || page.includes(`\`${name}\``), name).toBe(true);
    for (const name of rows.keys()) expect(known).toContain(name);
    for (const name of ["maxBatchCharacters", "concurrency", "timeoutMs", "attempts"]) {
      expect(rows.get(name)).toBe(tagged("packages/core/src/api/remote.ts", name));
    }
  });

  test("docs/splitting.md has a row for each option of splitText, with its default", () => {
    const rows = tables("docs/splitting.md");
    const refused = ((): string => {
      try {
        splitText("", { unheard: 1 } as never);
      } catch (error) {
        return (error as BgeError).message;
      }
      return "";
    })();
    const known = refused.slice(refused.indexOf("Known options: ") + 15, -1).split(", ");
    expect([...rows.keys()].sort()).toEqual(known.sort());
    for (const name of ["overlapTokens", "format"]) {
      expect(rows.get(name)!.replaceAll("`", "")).toBe(tagged("packages/core/src/api/split.ts", name));
    }
  });

  test("scale", async () => {
    const [named, none] = [await scaleOf(loadReranker(CROSS_ENCODER)), await scaleOf(loadReranker())];
    expect(rows.get("scale")).toBe(`\`${named}\`; without a model \`${none}\``);
    expect(tagged("packages/core/src/api/options.ts", "scale")).toBe(`${named}; ${none} where no model is named`);
  });

  test("maxTokens", () => {
    const usual = MODELS.map((model) => ("defaultMaxTokens" in model ? model.defaultMaxTokens : model.maxTokens));
    const other = MODELS.filter((_, i) => usual[i] !== 512).map(({ id }) => id);
    expect([...new Set(usual)].sort()).toEqual([2048, 4096, 512, 77]);
    expect(other.filter((id) => !id.startsWith("BAAI/BGE-VL-"))).toEqual(["BAAI/bge-code-v1"]);
    expect(other).toHaveLength(1 + MODELS.filter(({ id }) => id.startsWith("BAAI/BGE-VL-")).length);
    const said =
      "the model's: 512, of bge-code-v1 4,096, of BGE-VL 77 (prompted: 2,048); of other models what their files say";
    expect(rows.get("maxTokens")).toBe(said);
    expect(tagged("packages/core/src/api/options.ts", "maxTokens")).toBe(said);
  });

  test("maxQueuedTokens and device", async () => {
    const most = MAX_QUEUED_TOKENS.toLocaleString("en");
    expect(rows.get("maxQueuedTokens")).toBe(most);
    expect(tagged("packages/core/src/api/options.ts", "maxQueuedTokens")).toBe(most);
    await using embedder = await loadEmbedder();
    expect(rows.get("device")).toBe(`\`"${embedder.source.device}"\``);
    expect(rows.get("dtype")).toContain(`"${embedder.source.dtype}"`);
  });

  test("docs/multimodal.md has the further options of loadMultimodalEmbedder, with their defaults", () => {
    const further = tables("docs/multimodal.md");
    const { limits, urls, maxScaledPixels } = imagePolicy({ allowUrls: true });
    expect([...further.keys()].sort()).toEqual(
      Object.keys(MULTIMODAL_OPTIONS)
        .filter((name) => !Object.hasOwn(LOAD, name))
        .sort(),
    );
    for (const [name, usual] of Object.entries({ ...limits, maxScaledPixels })) {
      if (typeof usual !== "number") continue;
      expect(further.get(name)).toBe(usual.toLocaleString("en"));
      expect(tagged("packages/core/src/api/multimodal.ts", name)).toContain(usual.toLocaleString("en"));
    }
    expect(further.get("orientation")).toBe(`\`"${limits.orientation}"\``);
    expect([further.get("allowUrls"), imagePolicy({}).urls]).toEqual(["`false`", undefined]);
    expect(urls).toEqual({ maxRedirects: 3, timeoutMs: 30_000 });
    expect(read("docs/multimodal.md")).toContain("{ hosts?, maxRedirects = 3, timeoutMs = 30,000 }");
  });

  test("docs/small-vectors.md and docs/thresholds.md have a row for each option, with its default", async () => {
    const known = (call: () => unknown) =>
      (async () => call())().then(
        () => expect.fail("refuses no option"),
        ({ message }: BgeError) => message.slice(message.indexOf("Known options: ") + 15, -1).split(", "),
      );
    const unheard = { unheard: 1 } as never;
    const small = tables("docs/small-vectors.md");
    const search = await known(() => topKQuantized([1], [], 1, unheard));
    const further = search.filter((name) => !["precision", "ranges"].includes(name));
    expect([...small.keys()].sort()).toEqual([...further, ...(await known(() => calibrateRanges([], unheard)))].sort());
    for (const name of ["minVectors", "rescoreMultiplier"]) {
      expect(small.get(name)).toBe(tagged("packages/core/src/api/quantization.ts", name));
    }
    const few = Array.from({ length: Number(small.get("minVectors")) }, () => [1]);
    expect(calibrateRanges(few).vectors).toBe(few.length);
    expect(() => calibrateRanges(few.slice(1))).toThrow(small.get("minVectors"));

    const thresholds = tables("docs/thresholds.md");
    expect([...thresholds.keys()].sort()).toEqual((await known(() => calibrate([], unheard))).sort());
    for (const name of ["criterion", "signal"]) {
      expect(thresholds.get(name)!.replaceAll("`", "")).toBe(tagged("packages/core/src/api/thresholds.ts", name));
    }
  });

  test("the retriever's candidates and weights", () => {
    const { lexical, dense, lateInteraction, crossEncoder } = CANDIDATES;
    expect([lexical, dense]).toEqual([100, 100]);
    expect(tagged("packages/retriever/src/api.ts", "candidates")).toBe(
      `${dense}; late interaction ${lateInteraction}, the cross-encoder ${crossEncoder}, of which ours reads fewer if they are long (at least 6)`,
    );
    expect(read("packages/retriever/README.md")).toContain(
      `late interaction ranks the best ${lateInteraction}, and bge-js/reranker-small-en reads the best ${crossEncoder} again;`,
    );
    expect(tagged("packages/retriever/src/pictures/api.ts", "candidates")).toBe(`${dense}`);
    expect(tagged("packages/retriever/src/pictures/api.ts", "weights")).toBe(
      `lexical ${WEIGHTS.lexical}, dense ${WEIGHTS.dense}`,
    );
    expect(read("docs/multimodal.md")).toContain(
      `\`candidates\` are ${dense} by words and by vectors, \`weights\` ${WEIGHTS.lexical} and ${WEIGHTS.dense}:`,
    );
    expect(read("docs/multimodal.md")).toContain(
      `loadMultimodalRetriever({ ${Object.keys(MULTIMODAL_RETRIEVER).join(", ")} })`,
    );
    expect(tagged("packages/retriever/src/api.ts", "weights")).toBe(
      `lexical ${WEIGHTS.lexical}, dense ${WEIGHTS.dense}, late interaction ${WEIGHTS.lateInteraction}, our ` +
        `cross-encoder ${ourWeight()}, another ${WEIGHTS.crossEncoder}`,
    );
  });
});

test("@bge-js/qdrant: its README has a row for each option, and the retriever's candidates and weights", async () => {
  const rows = tables("packages/qdrant/README.md");
  const refused = await loadQdrantRetriever({ unheard: 1 } as never).catch((error: BgeError) => error.message);
  const names = (refused as string).slice((refused as string).indexOf("Known options: ") + 15, -1).split(", ");
  expect([...rows.keys()].sort()).toEqual(names.sort());
  expect(rows.get("candidates")).toBe(
    `${CANDIDATES.lexical} by words, ${CANDIDATES.dense} by vectors; late interaction ${CANDIDATES.lateInteraction}, the cross-encoder ${CANDIDATES.crossEncoder}, of which ours reads fewer if they are long`,
  );
  expect(rows.get("weights")).toBe(
    `lexical ${WEIGHTS.lexical}, dense ${WEIGHTS.dense}, late interaction ${WEIGHTS.lateInteraction}, our cross-encoder ${ourWeight()}, another ${WEIGHTS.crossEncoder}`,
  );
});

describe.each([
  ["langchain", langchain],
  ["llamaindex", llamaindex],
])("@bge-js/%s", (name, { BgeReranker, BgeRetriever }) => {
  const rows = tables(`packages/${name}/README.md`);

  test("topN", () => {
    expect(rows.get("topN")).toBe(String(new BgeReranker().topN));
    expect(String(new BgeRetriever().topN)).toBe(rows.get("topN"));
    expect(tagged(`packages/${name}/src/reranker.ts`, "topN")).toBe(rows.get("topN"));
  });

  test("scale", async () => {
    const named = await scaleOf(rerankerHandle("test", CROSS_ENCODER, {}, undefined).get());
    const limited = await scaleOf(rerankerHandle("test", undefined, {}, 0.5).get());
    const none = await scaleOf(rerankerHandle("test", undefined, {}, undefined).get());
    expect(limited).toBe(named);
    expect(rows.get("scale")).toBe(`\`${named}\`, of the default \`${none}\``);
    expect(tagged(`packages/${name}/src/reranker.ts`, "scale")).toBe(
      `${named}; ${none} where neither a model nor a \`threshold\` is given`,
    );
  });
});

test("@bge-js/server: the README has a row for each option of serve, with its default", async () => {
  const rows = tables("packages/server/README.md");
  const refused: BgeError = await serve({ unheard: 1 } as object).then(undefined, (error) => error);
  const known = refused.message.slice(refused.message.indexOf("Known options: ") + 15, -1).split(", ");
  expect([...rows.keys()].sort()).toEqual(known.sort());
  for (const name of ["port", "maxBatchTexts", "maxBodyBytes", "maxConcurrentRequests", "graceMs"] as const) {
    expect(rows.get(name)).toBe(settingsOf({})[name].toLocaleString("en").replace("8,080", "8080"));
    expect(tagged("packages/server/src/api.ts", name)).toBe(rows.get(name));
  }
});

test("@bge-js/ingest: the README has a row for each option of ingest, and the defaults of the queue", async () => {
  const rows = tables("packages/ingest/README.md");
  const refused: BgeError = await ingest([], { unheard: 1 } as never).then(
    () => undefined as never,
    (error) => error,
  );
  const known = refused.message.slice(refused.message.indexOf("Known options: ") + 15, -1).split(", ");
  expect([...rows.keys()].sort()).toEqual(known.sort());
  expect(rows.get("prune")).toBe("`false`");
  const page = read("packages/ingest/README.md");
  const api = "packages/ingest/src/queue/api.ts";
  expect(tagged(api, "maxWaiting")).toBe(MAX_WAITING.toLocaleString("en"));
  expect(page).toContain(`\`maxWaiting = ${MAX_WAITING.toLocaleString("en")}\``);
  expect(tagged(api, "concurrency")).toBe(String(CONCURRENCY));
  expect(tagged(api, "stalledAfterMs")).toBe(STALLED_AFTER_MS.toLocaleString("en"));
  expect(page).toContain(`concurrency = ${CONCURRENCY}, stalledAfterMs = ${STALLED_AFTER_MS}`);
});

test("@bge-js/llamaindex: metadataMode", () => {
  expect(new llamaindex.BgeReranker().metadataMode).toBe(MetadataMode.EMBED);
  expect(new llamaindex.BgeRetriever().metadataMode).toBe(MetadataMode.EMBED);
  expect(tables("packages/llamaindex/README.md").get("metadataMode")).toBe("`MetadataMode.EMBED`");
});

test("how many the later stages read, wherever it is said", () => {
  const url = new URL("../examples/", import.meta.url);
  const examples = readdirSync(url).map((name) => `examples/${name}/README.md`);
  const files = [...(PAGES as readonly string[]), ...examples, "docs/search-stages.svg"]
    // What was measured when other numbers were the defaults.
    .filter((file) => file !== "docs/quality.md" && existsSync(new URL(`../${file}`, import.meta.url)));
  const said = files.flatMap((file) =>
    read(file)
      .replace(/\s+/g, " ")
      .split(/(?<=[.:;|]) /)
      .filter((sentence) => /cross-encoder|reranker-small/.test(sentence))
      .flatMap((sentence) => [...sentence.matchAll(/\bbest (\d+|[a-z]+teen|ten|twelve|thirty|forty|fifty)\b/g)])
      .map(([, number]) => ({ file, number: Number(number) })),
  );
  expect(said.length).toBeGreaterThan(15);
  const { lexical, lateInteraction, crossEncoder } = CANDIDATES;
  const numbers = [lexical, lateInteraction, crossEncoder, FUSED_DEPTH];
  expect(said.filter(({ number }) => !numbers.includes(number))).toEqual([]);
});
