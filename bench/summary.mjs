import { shownSpread, table } from "./table.mjs";

/** Lines of `[what, { median, low, high }, aim]`, the aim like `>= 1.5`; with `aims`, whether the median reaches it. */
export function summaryTable(lines, { aims }) {
  const rows = lines.map(([what, values, aim]) => {
    const measured = [what, shownSpread(values)];
    if (!aims) return measured;
    return [...measured, aim ?? "", aim === undefined ? "" : reaches(values.median, aim) ? "yes" : "no"];
  });
  return table(aims ? ["", "measured", "aim", "reached"] : ["", "measured"], rows);
}

export function reaches(value, aim) {
  const [relation, limit] = aim.split(" ");
  if (relation === ">=") return value >= Number(limit);
  if (relation === "<=") return value <= Number(limit);
  throw new Error(`an aim is ">= 1" or "<= 1", not ${aim}`);
}
