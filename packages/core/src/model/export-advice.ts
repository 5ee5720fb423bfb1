import type { Architecture } from "../api/model.js";
import { findModel } from "./table.js";

/** Of these alone, repositories on the hub are known to have ONNX files. */
const ENCODERS: readonly (Architecture | "unknown")[] = ["bert", "xlm-roberta"];

/** True for published models that the hub has without ONNX files: they have to be exported. */
export function isExported(id: string): boolean {
  const known = findModel(id);
  return known !== undefined && known.needs === undefined && !ENCODERS.includes(known.architecture);
}

/** Says how to get a model whose repository has no ONNX files. */
export function exportAdvice(id: string): string {
  const folder = `./${id.replace(/^.*\//, "").toLowerCase()}`;
  return (
    `Export it once, with Python, from a copy of the bge-js repository: tools/export/export ${id} ${folder}; ` +
    `it downloads the weights. Then load ${JSON.stringify(folder)}.`
  );
}
