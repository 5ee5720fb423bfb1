import { basename } from "node:path";
import type { Architecture } from "../api/model.js";
import { findModel, MODELS } from "./table.js";

/** Of these alone, repositories on the hub are known to have ONNX files. */
const ENCODERS: readonly (Architecture | "unknown")[] = ["bert", "xlm-roberta"];

/** True for published models that the hub has without ONNX files: they have to be exported. */
export function isExported(id: string): boolean {
  const known = findModel(id);
  return known !== undefined && known.needs === undefined && !ENCODERS.includes(known.architecture);
}

/** Returns the published model that our advice puts into a folder of this name. */
export function exportedAs(folder: string): string | undefined {
  return MODELS.find(({ id }) => isExported(id) && folderFor(id) === basename(folder))?.id;
}

/** Says how to get a model whose repository has no ONNX files. */
export function exportAdvice(id: string): string {
  const folder = `./${folderFor(id)}`;
  return (
    `Export it once, with Python, from a copy of the bge-js repository: tools/export/export ${id} ${folder}; ` +
    `it downloads the weights. Then load ${JSON.stringify(folder)}.`
  );
}

/** Says of a published model that has to be exported that it has to be, and how. */
export function withoutOnnx(id: string): string {
  return `the hub has ${id} without ONNX files. ${exportAdvice(id)}`;
}

function folderFor(id: string): string {
  return id.replace(/^.*\//, "").toLowerCase();
}
