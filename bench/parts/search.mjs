import { series } from "../rounds.mjs";
import { ratio } from "../statistics.mjs";
import { middle, table, times } from "../table.mjs";

const OURS = "bge-js";
const PEER = "transformers.js";

/** What a question may take of the time to embed a hundred texts, in per cent, by what bge-js calls its ways. */
const AIMS = {
  "without the cross-encoder": "<= 1.2",
  "as by default": "<= 10",
  "rerank 100 seen, by default": "<= 10",
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
      "then the best hundred with the question through a cross-encoder of bge-small's shape (int8, one by one, the fastest for it). `%` is of the time in which bge-js embeds a hundred of the documents in the same process, " +
      "`x` the line over bge-js's default search.",
    table(
      ["a question", "with", "p50 ms", "%", "the caller's thread, ms", "x"],
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
    const share = library === OURS ? times(ms, hundredth(results)) : "";
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

/** A hundredth of the time to embed a hundred texts: milliseconds over it are per cent. */
function hundredth(results) {
  return series(results, OURS, ({ embedding }) => embedding / 100);
}

export function summary(results) {
  const shares = Object.entries(AIMS).flatMap(([way, aim]) => {
    const share = ratio(of(results, OURS, way), hundredth(results));
    return share === undefined ? [] : [[`${way}, % of embedding a hundred texts`, share, aim]];
  });
  const peer = ratio(of(results, PEER, "vectors, then the cross-encoder over 100"), of(results, OURS, "as by default"));
  return [
    ...shares,
    ...(peer === undefined ? [] : [["a question read anew in transformers.js over the default search", peer]]),
  ];
}
