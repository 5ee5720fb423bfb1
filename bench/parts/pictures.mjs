import { join } from "node:path";
import { WORK } from "../models.mjs";
import { series } from "../rounds.mjs";
import { ratio, smallestCosine, spread } from "../statistics.mjs";
import { middle, table, times } from "../table.mjs";

const OURS = "bge-js";
const PEER = "transformers.js";
/** A peer with the weights in its own form, beside bge-js with them in ours: what users of each get. */
const OWN = "transformers.js, its own file";
const DTYPES = ["int8", "fp32"];

/** Pictures from disk to vectors, one a call and in a list, with the same weights on all sides. */
export function jobs({ short, threads, model, peerModel }) {
  const one = (dtype, name, library, folder, batchSizes) => ({
    key: `${dtype}: ${name}`,
    measurement: "pictures",
    contender: { library, threads, dtype, folder, task: "pictures" },
    settings: { folder: join(WORK, "pictures"), count: short ? 8 : 48, batchSizes },
  });
  return DTYPES.flatMap((dtype) => [
    one(dtype, OURS, "bge-js", model, ["all"]),
    one(dtype, PEER, "transformers-js", model, short ? [8] : [1, 8]),
    ...(peerModel === undefined ? [] : [one(dtype, OWN, "transformers-js", peerModel, short ? [8] : [1, 8])]),
  ]);
}

export function report(results, { short }) {
  return [
    `${short ? 8 : 48} JPEG files of 640 x 480 from disk, the same weights on all sides. \`x\` is bge-js over the line: one picture a call over one picture a call, its list over the line's batches. ` +
      "CPU: milliseconds of all processors for a picture. Stall: the longest of the event loop, in milliseconds. Cosine: the smallest of a vector of bge-js with the line's.",
    table(
      ["pictures", "with", "batch", "pictures/s", "CPU", "x", "stall", "cosine"],
      DTYPES.flatMap((dtype) =>
        [OURS, PEER, OWN].flatMap((name) => waysOf(results, dtype, name).map((way) => row(results, dtype, name, way))),
      ),
    ),
  ].join("\n\n");
}

function row(results, dtype, name, way) {
  const line = rates(results, dtype, name, way);
  const shownWay = way === "alone" ? "one a call" : way === "all" ? "whole list" : way;
  const first = waysOf(results, dtype, name)[0] === way;
  const over = times(rates(results, dtype, OURS, way === "alone" ? "alone" : "all"), line);
  return [
    dtype,
    name,
    shownWay,
    middle(line),
    middle(series(results, `${dtype}: ${name}`, ({ ways }) => ways[way]?.cpuMs)),
    name === OURS ? "" : over,
    first ? middle(series(results, `${dtype}: ${name}`, ({ longest }) => longest)) : "",
    first && name !== OURS ? cosine(results, dtype, name) : "",
  ];
}

function cosine(results, dtype, name) {
  const [ours, theirs] = [OURS, name].map((one) => results[`${dtype}: ${one}`]?.find(Boolean)?.vectors);
  return ours === undefined || theirs === undefined ? "-" : smallestCosine(ours, theirs).toFixed(6);
}

function waysOf(results, dtype, name) {
  const ways = Object.keys(results[`${dtype}: ${name}`]?.find(Boolean)?.ways ?? {});
  // Numbers come first among an object's keys.
  return ["alone", ...ways.filter((way) => way !== "alone")].filter((way) => ways.includes(way));
}

function rates(results, dtype, name, way) {
  return series(results, `${dtype}: ${name}`, ({ ways }) => ways[way]?.rate);
}

export function summary(results) {
  return DTYPES.flatMap((dtype) => {
    const peer = [OWN, PEER].find((name) => waysOf(results, dtype, name).length > 0);
    if (peer === undefined || waysOf(results, dtype, OURS).length === 0) return [];
    const lists = waysOf(results, dtype, peer)
      .filter((way) => way !== "alone")
      .map((way) => ({ way, value: ratio(rates(results, dtype, OURS, "all"), rates(results, dtype, peer, way)) }))
      .filter(({ value }) => value !== undefined)
      .sort((a, b) => a.value.median - b.value.median);
    const alone = ratio(rates(results, dtype, OURS, "alone"), rates(results, dtype, peer, "alone"));
    const stalls = series(results, `${dtype}: ${OURS}`, ({ longest }) => longest).filter(Number.isFinite);
    return [
      ...lists
        .slice(0, 1)
        .map(({ way, value }) => [`a list of pictures, ${dtype}, over ${peer}, batch ${way}`, value, ">= 1.5"]),
      [`one picture a call, ${dtype}, over ${peer}`, alone, ">= 1.5"],
      [`event loop beside pictures, ${dtype}: longest stall, ms`, spread(stalls), "<= 10"],
    ].filter(([, value]) => value !== undefined);
  });
}
