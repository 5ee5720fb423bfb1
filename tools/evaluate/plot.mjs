import { escaped, rule, text } from "./svg.mjs";

const WIDTH = 760;
const HEIGHT = 440;
const MARGIN = { left: 60, right: 260, top: 20, bottom: 50 };
const COLOURS = ["#1b6ca8", "#c0392b", "#2e7d32", "#8e44ad", "#b9770e", "#16837a", "#5d6d7e", "#a04070"];

/**
 * An SVG of nDCG@10 (up, with its interval) against milliseconds a query (to the right, logarithmic): a line a set, a numbered point a stage.
 *
 * @param points `{ set, stage, ms, mean, low, high }`, each set's in the order of its stages
 */
export function plot(points) {
  const times = points.map(({ ms }) => Math.log10(ms));
  const [fast, slow] = [Math.floor(Math.min(...times)), Math.ceil(Math.max(...times) + 0.01)];
  const [bad, good] = [Math.min(...points.map(({ low }) => low)), Math.max(...points.map(({ high }) => high))];
  const x = (ms) => MARGIN.left + ((Math.log10(ms) - fast) / (slow - fast)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (ndcg) =>
    HEIGHT - MARGIN.bottom - ((ndcg - bad) / (good - bad || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const sets = bySet(points);
  const names = [...new Set(points.map(({ stage }) => stage))];
  const lines = [...sets].flatMap(([set, stages], i) => drawSet(set, stages, i, x, y, names));
  const decades = Array.from({ length: slow - fast + 1 }, (_, i) => 10 ** (fast + i));
  const marks = Array.from({ length: 11 }, (_, i) => i / 10).filter((mark) => mark >= bad && mark <= good);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    "<title>nDCG@10 against milliseconds a query</title>",
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...decades.map(
      (ms) => `${rule(x(ms), MARGIN.top, x(ms), y(bad))}${text(x(ms), y(bad) + 18, `${ms} ms`, "middle")}`,
    ),
    ...marks.map(
      (mark) =>
        `${rule(MARGIN.left, y(mark), x(10 ** slow), y(mark))}${text(MARGIN.left - 6, y(mark) + 4, mark, "end")}`,
    ),
    text(MARGIN.left, HEIGHT - 8, "nDCG@10 with 95 % bootstrap intervals, against milliseconds a query"),
    ...lines,
    ...names.map((stage, i) => text(WIDTH - MARGIN.right + 60, HEIGHT / 2 + 18 * i, `${i + 1}  ${stage}`)),
    "</svg>",
    "",
  ].join("\n");
}

function bySet(points) {
  const sets = new Map();
  for (const point of points) sets.set(point.set, [...(sets.get(point.set) ?? []), point]);
  return sets;
}

function drawSet(set, stages, i, x, y, names) {
  const colour = COLOURS[i % COLOURS.length];
  const path = stages.map(({ ms, mean }) => `${x(ms).toFixed(1)},${y(mean).toFixed(1)}`).join(" ");
  const last = stages.at(-1);
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-opacity="0.4"/>`,
    ...stages.map(({ ms, mean, low, high, stage }) =>
      [
        `<line x1="${x(ms)}" x2="${x(ms)}" y1="${y(low)}" y2="${y(high)}" stroke="${colour}" stroke-opacity="0.5"/>`,
        `<circle cx="${x(ms)}" cy="${y(mean)}" r="3.5" fill="${colour}"><title>${escaped(`${set}, ${stage}`)}</title></circle>`,
        text(x(ms) - 5, y(mean) - 5, names.indexOf(stage) + 1, "end"),
      ].join(""),
    ),
    `<g fill="${colour}">${text(x(last.ms) + 8, y(last.mean) + 4, set)}</g>`,
  ];
}
