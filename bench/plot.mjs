const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 70;
const RIGHT = 20;
const TOP = 60;
const BOTTOM = 50;
const COLOURS = ["#1f6feb", "#d1570a", "#8250df", "#57606a"];

/** Lines over two logarithmic axes, as SVG. Each line is `{ name, points: [x, y][] }`, all numbers above 0. */
export function plot({ title, x: label, lines }) {
  const all = lines.flatMap(({ points }) => points);
  const across = axis(
    all.map(([x]) => x),
    LEFT,
    WIDTH - RIGHT,
  );
  const up = axis(
    all.map(([, y]) => y),
    HEIGHT - BOTTOM,
    TOP,
  );
  const marks = [...new Set(all.map(([x]) => x))].sort((a, b) => a - b);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(LEFT, 22, title, 'font-size="15" font-weight="bold"'),
    ...marks.map((x) => text(across(x), HEIGHT - BOTTOM + 18, x.toLocaleString("en"), 'text-anchor="middle"')),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, label, 'text-anchor="middle"'),
    ...decades(all.map(([, y]) => y)).flatMap((y) => [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${up(y)}" y2="${up(y)}" stroke="#d0d7de"/>`,
      text(LEFT - 8, up(y) + 4, y.toLocaleString("en"), 'text-anchor="end"'),
    ]),
    ...lines.flatMap((line, i) => drawn(line, i, COLOURS[i % COLOURS.length], across, up)),
    "</svg>",
    "",
  ].join("\n");
}

function drawn({ name, points }, i, colour, across, up) {
  const path = points.map(([x, y]) => `${across(x)},${up(y)}`).join(" ");
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...points.map(([x, y]) => `<circle cx="${across(x)}" cy="${up(y)}" r="3" fill="${colour}"/>`),
    text(LEFT + (i % 2) * 260, 38 + 14 * Math.floor(i / 2), name, `fill="${colour}"`),
  ];
}

/** A value's place between `from` and `to`, by its logarithm, with a little room at both ends. */
function axis(values, from, to) {
  const low = Math.log(Math.min(...values) / 1.15);
  const high = Math.log(Math.max(...values) * 1.15);
  return (value) => Math.round(from + ((Math.log(value) - low) / (high - low)) * (to - from));
}

/** 1, 2 and 5 times powers of ten within the values. */
function decades(values) {
  const [low, high] = [Math.min(...values) / 1.15, Math.max(...values) * 1.15];
  const marks = [];
  for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10)
    marks.push(power, 2 * power, 5 * power);
  return marks.filter((mark) => mark >= low && mark <= high);
}

function text(x, y, words, style) {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" ${style}>${escaped}</text>`;
}
