import { series } from "../rounds.mjs";
import { ratio } from "../statistics.mjs";
import { middle, table, times } from "../table.mjs";

const OURS = "bge-js";
const PEER = "transformers.js";

/** What bge-js calls its ways, with the share of embedding a hundred texts that a question may take. */
const WAYS = {
  "words and vectors": undefined,
  "without the cross-encoder": "<= 0.012",
  "as by default": "<= 0.1",
  "rerank 100 seen, late interaction": "<= 0.005",
  "rerank 100 seen, by default": "<= 0.1",
};

/**
 * What a hosted reranker says of itself: Cohere's Rerank 3.5 on a dedicated unit, 96 documents of at most 128 tokens, the request's latency without the way
 * there (Oracle Cloud, "Cohere Rerank 3.5" benchmark, read on 2026-11-27).
 */
const HOSTED = { name: "Cohere Rerank 3.5, dedicated unit, 96 documents, as published", ms: 200 };

export function jobs({ short, threads }) {
  const settings = { documents: short ? 110 : 300, questions: short ? 3 : 15 };
  const contender = { weights: "embedded", dtype: "int8", task: "search", threads };
  return [
    { key: OURS, measurement: "search", contender: { library: "bge-js", ...contender }, settings },
    {
      key: PEER,
      measurement: "search",
      contender: { library: "transformers-js", ...contender, weights: "published" },
      settings: { ...settings, questions: short ? 1 : 3 },
    },
  ];
}

export function report(results, { short }) {
  return [
    `A question of 14 tokens over ${short ? 110 : 300} documents of 135 to 165 that were read before. transformers.js's way: the question's vector against kept ones, ` +
      "then the best hundred with the question through a cross-encoder of bge-small's shape (int8, one by one, the fastest for it). `share` is of bge-js embedding a hundred of the documents in the same process, " +
      "`x` the line over bge-js's default search.",
    table(
      ["a question", "with", "p50 ms", "share", "the caller's thread, ms", "x"],
      [
        ...[OURS, PEER].flatMap((library) => rows(results, library)),
        [HOSTED.name, "", HOSTED.ms, "", "", overHosted(results)],
      ],
    ),
  ].join("\n\n");
}

function rows(results, library) {
  const ways = Object.keys(results[library]?.find(Boolean)?.ways ?? {});
  return ways.map((way) => {
    const ms = of(results, library, way);
    const share = library === OURS ? times(ms, embedding(results)) : "";
    const x = times(ms, of(results, OURS, "as by default"));
    return [way, library, middle(ms), share, middle(of(results, library, way, "here")), x];
  });
}

function overHosted(results) {
  const ms = of(results, OURS, "as by default");
  return times(
    ms.map(() => HOSTED.ms),
    ms,
  );
}

function of(results, library, way, what = "ms") {
  return series(results, library, ({ ways }) => ways[way]?.[what]);
}

function embedding(results) {
  return series(results, OURS, (result) => result.embedding);
}

export function summary(results) {
  const shares = Object.entries(WAYS).flatMap(([way, aim]) => {
    const share = ratio(of(results, OURS, way), embedding(results));
    return share === undefined || aim === undefined ? [] : [[`${way}, over embedding a hundred texts`, share, aim]];
  });
  const peer = ratio(of(results, PEER, "vectors, then the cross-encoder over 100"), of(results, OURS, "as by default"));
  return [
    ...shares,
    ...(peer === undefined ? [] : [["the same question in transformers.js over the default search", peer]]),
  ];
}
