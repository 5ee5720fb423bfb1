// Rerankers and embedders that keep what they have read. The built package: a worker cannot start from TypeScript.
import {
  type BgeEvents,
  loadEmbedder,
  loadReranker,
  onEvent,
  type RerankerOptions,
  type RowEntry,
  type RowStore,
  type TruncationReport,
} from "@bge-js/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { fixture } from "./support/models.js";
import { onPost, type Posted } from "./support/workers.js";

const tiny = { directory: fixture("tiny-bert-cls"), lateInteraction: true };
const quiet = { truncation: "silent" } as const;
const TEXTS = Array.from({ length: 40 }, (_, i) => `text number ${i} ${"and so on ".repeat(i % 7)}`);
const LONG = Array.from({ length: 120 }, (_, i) => `Sentence ${i} has number ${i}. `).join("");
const QUERY = "which text has number 7";

/** The texts that are sent to workers from now on. */
function texts(): string[] {
  const sent: string[] = [];
  const listener = ({ text, texts }: Posted) => {
    sent.push(...(texts ?? (text === undefined ? [] : [text])));
    return undefined;
  };
  onPost.add(listener);
  onTestFinished(() => void onPost.delete(listener));
  return sent;
}

function events(): BgeEvents["bge-js:keep"][] {
  const seen: BgeEvents["bge-js:keep"][] = [];
  onTestFinished(onEvent("bge-js:keep", (event) => seen.push(event)));
  return seen;
}

/** A user's store: a map. */
function mapStore(): RowStore & { readonly map: Map<string, Uint8Array> } {
  const map = new Map<string, Uint8Array>();
  return {
    map,
    get: async (keys) => keys.map((key) => map.get(key)),
    put: async (entries: readonly RowEntry[]) => {
      for (const { key, rows } of entries) map.set(key, rows);
    },
  };
}

const load = (options: RerankerOptions = {}) => loadReranker(tiny, { ...quiet, ...options });

describe("a late-interaction reranker", () => {
  test("reads each text once; scores are the same for texts it knows, in any company, and when it keeps nothing", async () => {
    await using reranker = await load();
    const sent = texts();
    const seen = events();
    const first = await reranker.score(QUERY, TEXTS);
    expect(sent.filter((text) => text !== QUERY).toSorted()).toEqual(TEXTS.toSorted());
    sent.length = 0;
    expect(await reranker.score(QUERY, TEXTS)).toEqual(first);
    expect(await reranker.score(QUERY, [TEXTS[7]!, "new", TEXTS[7]!])).toMatchObject({ 0: first[7], 2: first[7] });
    expect(sent).toEqual([QUERY, QUERY, "new"]);
    expect(seen.map(({ found, read, damaged }) => [found, read, damaged])).toEqual([
      [0, 32, 0],
      [0, 8, 0],
      [32, 0, 0],
      [8, 0, 0],
      [1, 1, 0],
    ]);
    await using forgetful = await load({ keep: false });
    sent.length = 0;
    for (let i = 0; i < 2; i++) expect(await forgetful.score(QUERY, TEXTS)).toEqual(first);
    expect(sent.filter((text) => text === TEXTS[3])).toHaveLength(2);
  });

  test("keeps no more than it may", async () => {
    await using reranker = await load({ keep: { maxBytes: 5000 } });
    const first = await reranker.score(QUERY, TEXTS);
    const seen = events();
    expect(await reranker.score(QUERY, TEXTS)).toEqual(first);
    expect(seen.reduce((sum, { found }) => sum + found, 0)).toBeLessThan(12);
  });

  test("a long text is found by what is deep in it, and reported alike whether it was read or kept", async () => {
    const reports: TruncationReport[] = [];
    await using reranker = await load({ maxTokens: 20, onTruncate: (report) => reports.push(report) });
    const documents = ["short", LONG];
    const first = await reranker.score(QUERY, documents);
    expect(reports).toMatchObject([{ index: 1, inputType: "document" }]);
    expect(await reranker.score(QUERY, documents)).toEqual(first);
    expect(reports[1]).toEqual(reports[0]);
    await using strict = await load({ maxTokens: 20, truncation: "error" });
    await expect(strict.score(QUERY, documents)).rejects.toMatchObject({ code: "INPUT_TOO_LONG", indices: [1] });
  });

  test("a text that fails is named, the others have scores and are kept", async () => {
    await using reranker = await load();
    const end = new AbortController();
    end.abort(new Error("enough"));
    await expect(reranker.score(QUERY, TEXTS, { signal: end.signal })).rejects.toThrow("enough");
    await expect(reranker.score(QUERY, TEXTS, { deadlineMs: 0 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(await reranker.score(QUERY, TEXTS)).toHaveLength(40);
  });
});

describe("a store", () => {
  test("is shared by an embedder, which keeps what it embeds, and rerankers", async () => {
    const keep = mapStore();
    await using plain = await loadEmbedder(tiny, quiet);
    await using embedder = await loadEmbedder(tiny, { ...quiet, keep });
    const documents = [...TEXTS, LONG.repeat(2)];
    const half = documents.slice(0, 20);
    expect(await embedder.embedDocuments(half)).toEqual(await plain.embedDocuments(half));
    const vectors: Float32Array[] = [];
    for await (const vector of embedder.embedStream(documents.slice(20))) vectors.push(vector);
    expect(vectors).toEqual(await plain.embedDocuments(documents.slice(20)));
    expect(keep.map.size).toBe(documents.length);
    await using fresh = await load();
    await using reranker = await load({ keep });
    const sent = texts();
    const wanted = await fresh.score(QUERY, documents);
    sent.length = 0;
    expect(await reranker.score(QUERY, documents)).toEqual(wanted);
    expect(sent).toEqual([QUERY]);
    // Cut elsewhere, or read by another model, a text is another one.
    await using shorter = await load({ keep, maxTokens: 12 });
    await shorter.score(QUERY, [TEXTS[0]!]);
    expect(sent).toContain(TEXTS[0]);
    await embedder.embedQuery("a query is not kept");
    for await (const _ of embedder.embedStream(["nor is another"], { inputType: "query" }));
    expect(keep.map.size).toBe(documents.length + 1);
  });

  test("an embedder that keeps reports what its vectors leave out, as without", async () => {
    const reports: TruncationReport[] = [];
    const onTruncate = (report: TruncationReport) => void reports.push(report);
    await using embedder = await loadEmbedder(tiny, { ...quiet, keep: mapStore(), onTruncate });
    await using plain = await loadEmbedder(tiny, { ...quiet, onTruncate });
    const documents = ["short", LONG.repeat(2)];
    expect(await embedder.embedDocuments(documents)).toEqual(await plain.embedDocuments(documents));
    expect(reports).toHaveLength(2);
    expect(reports[0]).toEqual(reports[1]);
  });

  test("with damaged rows: they are read again and put again, and counted", async () => {
    const keep = mapStore();
    await using reranker = await load({ keep });
    const wanted = await reranker.score(QUERY, TEXTS);
    const [one, two, three, four] = [...keep.map.keys()];
    const intact = new Map(keep.map);
    keep.map.set(one!, keep.map.get(one!)!.slice(0, -1));
    keep.map.set(
      two!,
      keep.map.get(two!)!.map((byte, i) => (i === 90 ? byte ^ 4 : byte)),
    );
    keep.map.set(three!, new Uint8Array(0));
    // A view of much more memory, as a Buffer may be.
    keep.map.set(four!, Buffer.concat([new Uint8Array(1000), keep.map.get(four!)!]).subarray(1000));
    const seen = events();
    expect(await reranker.score(QUERY, TEXTS)).toEqual(wanted);
    expect(seen.reduce((sum, { damaged }) => sum + damaged, 0)).toBe(3);
    expect(seen.reduce((sum, { found }) => sum + found, 0)).toBe(37);
    for (const key of [one, two, three]) expect(keep.map.get(key!)).toEqual(intact.get(key!));
  });

  const disk = (state: string) => new Error(`disk ${state}`);
  const thrown = (error: Error): never => {
    throw error;
  };

  test.each<[string, RowStore]>([
    ["rejects", { get: () => Promise.reject(disk("gone")), put: () => Promise.reject(disk("full")) }],
    ["throws at once", { get: () => thrown(disk("gone")), put: () => thrown(disk("full")) }],
  ])("that fails costs no result, but a warning and events: it %s", async (_, failing) => {
    const warnings: string[] = [];
    const listener = (warning: Error & { readonly code?: string }) => {
      if (warning.code === "BGE_KEEP") warnings.push(warning.message);
    };
    process.on("warning", listener);
    onTestFinished(() => void process.off("warning", listener));
    await using wanted = await load();
    await using reranker = await load({ keep: failing });
    const seen = events();
    for (let i = 0; i < 2; i++) {
      expect(await reranker.score(QUERY, TEXTS.slice(0, 9))).toEqual(await wanted.score(QUERY, TEXTS.slice(0, 9)));
    }
    expect(seen.filter(({ failure }) => failure !== undefined)).toHaveLength(2);
    await vi.waitFor(() => expect(warnings).toHaveLength(1));
    expect(warnings[0]).toContain("disk gone");
  });

  test("is refused where nothing can be kept, and so is what is none", async () => {
    const keep = mapStore();
    for (const loading of [
      loadEmbedder({ directory: fixture("tiny-bert-cls"), lateInteraction: false }, { keep }),
      loadReranker({ directory: fixture("tiny-bert-reranker") }, { keep }),
      loadEmbedder(tiny, { keep: {} as RowStore }),
      ...[{}, { maxBytes: 0 }, { maxBytes: "1" }, { maxBytes: 1, more: 1 }, true, "folder"].map((value) =>
        loadReranker(tiny, { keep: value as false }),
      ),
    ]) {
      await expect(loading).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "keep" });
    }
  });
});

test("the default reranker keeps, too: its second answer reads the query alone, and pairs for the cross-encoder", async () => {
  await using reranker = await loadReranker(undefined, quiet);
  const seen = events();
  const documents = ["Paris is in France.", "The giant panda is a bear.", "Small dogs travel free on all our trains."];
  const first = await reranker.score("What is a panda?", documents);
  expect(await reranker.score("What is a panda?", documents)).toEqual(first);
  expect(seen.map(({ found, read }) => [found, read])).toEqual([
    [0, 3],
    [3, 0],
  ]);
});
