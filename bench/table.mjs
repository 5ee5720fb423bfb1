import { ratio as ratioOf, spread } from "./statistics.mjs";

/** A Markdown table with aligned columns: the first on the left, figures on the right. */
export function table(header, rows) {
  const all = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(3, ...all.map((row) => row[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]));
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const rule = widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(all[0].map(pad)), line(rule), ...all.slice(1).map((row) => line(row.map(pad)))].join("\n");
}

/** `a` over `b`: median of the rounds, and lowest and highest round. */
export function times(a, b) {
  return shownSpread(ratioOf(a, b));
}

export function shownSpread(values) {
  if (values === undefined) return "-";
  const { median, low, high } = values;
  return low === high ? figure(median) : `${figure(median)} [${figure(low)}, ${figure(high)}]`;
}

/** Median of the rounds that have a number. */
export function middle(values) {
  const numbers = values.filter(Number.isFinite);
  return numbers.length === 0 ? "-" : figure(spread(numbers).median);
}

/** Three digits, at most two of them behind the point, thousands apart. */
export function figure(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** The text with what stands between `<!-- bench:name -->` and `<!-- /bench:name -->` replaced. */
export function replaceBetween(text, name, content) {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const from = text.indexOf(open);
  const to = text.indexOf(close);
  if (from < 0 || to < from) throw new Error(`there is no ${open} ... ${close}`);
  return `${text.slice(0, from + open.length)}\n\n${content}\n\n${text.slice(to)}`;
}
