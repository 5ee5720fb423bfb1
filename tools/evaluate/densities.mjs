import { rule, text } from "./svg.mjs";

const [WIDTH, PANEL, TOP, LEFT, GAP] = [760, 110, 58, 140, 30];
/** Of cosines. */
const [FROM, TO, BIN] = [-0.4, 1, 0.04];
const KINDS = [
  { kind: "relevant", label: "relevant", colour: "#1b6ca8", at: LEFT },
  { kind: "nearest", label: "nearest that is not relevant", colour: "#b9770e", at: LEFT + 110 },
  { kind: "chance", label: "by chance", colour: "#5d6d7e", at: LEFT + 330 },
];

/**
 * An SVG of how cosines are distributed: a row a set, on the left as they are, on the right less the mean vector.
 *
 * @param panels `{ name, plain, lessMean }`, each with the cosines of every kind
 */
export function plotDensities(panels, model) {
  const height = TOP + panels.length * PANEL + 40;
  const half = (WIDTH - LEFT - 1.5 * GAP) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    "<title>Cosines of queries and documents</title>",
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...KINDS.map(
      ({ label, colour, at }) =>
        `<rect x="${at}" y="10" width="12" height="12" fill="${colour}" fill-opacity="0.6"/>${text(at + 18, 20, label)}`,
    ),
    text(LEFT, 46, `cosines of ${model}`),
    text(LEFT + half + GAP, 46, "the same, less the mean vector"),
    ...panels.flatMap(({ name, plain, lessMean }, row) => {
      const base = TOP + (row + 1) * PANEL - 8;
      return [
        text(LEFT - 10, base - PANEL / 2 + 12, name, "end"),
        ...drawPanel(plain, LEFT, half, base),
        ...drawPanel(lessMean, LEFT + half + GAP, half, base),
      ];
    }),
    ...[LEFT, LEFT + half + GAP].flatMap((left) => marks(left, half, height - 40)),
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel(cosines, left, width, base) {
  const bins = KINDS.map(({ kind }) => densityOf(cosines[kind]));
  const most = Math.max(...bins.flat());
  const x = (bin) => left + (bin * BIN * width) / (TO - FROM);
  return [
    rule(left, base, left + width, base),
    ...KINDS.map(({ colour }, i) => {
      const points = bins[i].map(
        (share, bin) => `${x(bin + 0.5).toFixed(1)},${(base - (share / most) * (PANEL - 16)).toFixed(1)}`,
      );
      const line = [`${x(0).toFixed(1)},${base}`, ...points, `${x(bins[i].length).toFixed(1)},${base}`].join(" ");
      return `<polygon points="${line}" fill="${colour}" fill-opacity="0.3" stroke="${colour}"/>`;
    }),
  ];
}

/** The share of each bin. What is beyond the axis is in the outermost. */
function densityOf(values) {
  const bins = new Array(Math.round((TO - FROM) / BIN)).fill(0);
  for (const value of values) {
    const bin = Math.floor((value - FROM) / BIN);
    bins[Math.min(Math.max(bin, 0), bins.length - 1)] += 1 / values.length;
  }
  return bins;
}

function marks(left, width, y) {
  const values = Array.from({ length: 8 }, (_, i) => FROM + i * 0.2);
  return values.map((value) =>
    text(left + ((value - FROM) / (TO - FROM)) * width, y + 14, value.toFixed(1).replace("-0.0", "0.0"), "middle"),
  );
}
