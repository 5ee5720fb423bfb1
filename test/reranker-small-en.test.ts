import { BgeError, loadReranker, pullModel } from "@bge-js/core";
import { expect, test } from "vitest";

const QUERY = "How long may I keep a borrowed book?";
const DOCUMENTS = [
  "The giant panda feeds almost entirely on bamboo.",
  "Books from the library are lent for four weeks and may be renewed twice.",
  "Train tickets are cheaper when they are booked two weeks ahead.",
];

test("the trained cross-encoder puts the answer first; a pair has the same bits alone and in any list", async () => {
  await using reranker = await loadReranker("bge-js/reranker-small-en");
  expect([reranker.kind, reranker.scale, reranker.source.from]).toEqual(["cross-encoder", "logit", "package"]);
  const scores = await reranker.score(QUERY, DOCUMENTS);
  expect(scores[1]).toBe(Math.max(...scores));
  for (const [i, document] of DOCUMENTS.entries()) expect(await reranker.score(QUERY, [document])).toEqual([scores[i]]);
  expect(await reranker.score(QUERY, DOCUMENTS.toReversed())).toEqual(scores.toReversed());
});

test("fused with late interaction, without a model's name", async () => {
  await using reranker = await loadReranker(undefined, { scale: "fused" });
  expect([reranker.kind, reranker.spec.id]).toEqual(["fused", "bge-js/reranker-small-en"]);
  expect((await reranker.rerank(QUERY, DOCUMENTS, { topN: 1 })).map(({ index }) => index)).toEqual([1]);
});

test("is never asked for on a hub", async () => {
  // Nothing listens there: a request would be another error.
  const error = await pullModel("bge-js/reranker-small-en", { endpoint: "http://127.0.0.1:9" }).catch(
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(BgeError);
  expect(error.code).toBe("MODEL_NOT_FOUND");
  expect(error.message).toContain("npm install @bge-js/model-reranker-small-en");
});
