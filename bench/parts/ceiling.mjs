import { series } from "../rounds.mjs";
import { mean, ratio } from "../statistics.mjs";
import { figure, middle, shownSpread, table } from "../table.mjs";
import { mixedLengths } from "../texts.mjs";
import { multiplyAdds, SMALL } from "../work-of.mjs";

/** `[rows, inner, columns]`: large ones, deep rather than wide since writing the result costs, and bge-small's at 512 tokens. */
const LARGE = [
  [512, 8192, 256],
  [512, 4096, 1024],
  [1024, 2048, 2048],
];
const OWN = [
  [512, 384, 384],
  [512, 384, 1536],
  [512, 1536, 384],
];
const DTYPES = ["int8", "fp32"];

/** The matrix-product peak through ONNX Runtime, and bulk beside it. */
export function jobs({ contenders: { bge, bgeFp32 }, threads, short }) {
  const seconds = short ? 0.15 : 0.4;
  const peaks = DTYPES.map((dtype) => ({
    key: `peak ${dtype}`,
    measurement: "ceiling",
    contender: { library: "bge-js", dtype, threads },
    settings: { shapes: [...LARGE, ...OWN], seconds },
  }));
  const settings = { source: "mixed", count: bulkCount(short), batchSizes: ["all"], seconds: short ? 0.3 : 1.5 };
  const bulks = [
    ["int8", bge],
    ["fp32", bgeFp32],
  ]
    .filter(([, contender]) => contender !== undefined)
    .map(([dtype, contender]) => ({ key: `bulk ${dtype}`, measurement: "bulk", contender, settings }));
  return [...peaks, ...bulks];
}

export function report(results, { short }) {
  const rows = DTYPES.filter((dtype) => peak(results, dtype).some(Number.isFinite)).map((dtype) => [
    dtype,
    ...[peak(results, dtype), own(results, dtype), bulk(results, dtype, short)].map((list) =>
      middle(list.map((rate) => rate / 1e9)),
    ),
    shownSpread(share(results, dtype, short)),
  ]);
  const perText = mixedLengths(bulkCount(short)).map((tokens) => multiplyAdds(tokens, SMALL));
  return [
    "Thousand million multiply-adds a second, all contenders' threads: the best of several products, the mean over the model's own " +
      `products at 512 tokens, and what bulk does (${figure(mean(perText) / 1e9)} a text, attention included).`,
    table(["ceiling", "peak", "own shapes", "bulk", "bulk / peak"], rows),
  ].join("\n\n");
}

function peak(results, dtype) {
  return series(results, `peak ${dtype}`, (rates) => Math.max(...Object.values(rates)));
}

/** As the model uses them: four products of the first shape to one of each other. */
function own(results, dtype) {
  const uses = [4, 1, 1];
  return series(results, `peak ${dtype}`, (rates) => {
    const work = OWN.map(([rows, inner, columns], i) => uses[i] * rows * inner * columns);
    const time = OWN.map((shape, i) => work[i] / rates[shape.join(" x ")]);
    return work.reduce((a, b) => a + b) / time.reduce((a, b) => a + b);
  });
}

function bulk(results, dtype, short) {
  const work = mean(mixedLengths(bulkCount(short)).map((tokens) => multiplyAdds(tokens, SMALL)));
  return series(results, `bulk ${dtype}`, (rates) => rates.all * work);
}

function share(results, dtype, short) {
  return ratio(bulk(results, dtype, short), peak(results, dtype));
}

export function summary(results, { short }) {
  return [
    ["share of the int8 peak that bulk reaches", share(results, "int8", short), ">= 0.6"],
    ["share of the fp32 peak that bulk reaches", share(results, "fp32", short)],
  ].filter(([, value]) => value !== undefined);
}

function bulkCount(short) {
  return short ? 32 : 128;
}
