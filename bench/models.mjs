import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomModel } from "./random-models.mjs";

const NAME = "bge-small-en-v1.5";
const EMBEDDED = fileURLToPath(new URL(`../packages/model-${NAME}/model`, import.meta.url));

/** What large files are made in, once. Git ignores it. */
export const WORK = fileURLToPath(new URL("./work", import.meta.url));

/**
 * The folder of a contender's weights: `embedded` is our npm package, `published` the files under BGE_JS_MODELS, and
 * `small-reranker` and `base-reranker` are cross-encoders with random weights.
 */
export function folderOf({ weights, dtype }) {
  if (weights === "embedded") return EMBEDDED;
  if (weights === "published") return publishedFolder();
  return randomModel(WORK, weights, dtype);
}

/** `undefined` where BGE_JS_MODELS does not lead to the original weights. */
export function publishedFolder() {
  const folder = join(process.env.BGE_JS_MODELS ?? "", NAME);
  return process.env.BGE_JS_MODELS && existsSync(join(folder, "onnx", "model.onnx")) ? folder : undefined;
}

/** The model as the users of bge-js name it. */
export function referenceOf({ weights, dtype }) {
  const directory = folderOf({ weights, dtype });
  return weights === "published" ? { id: NAME, directory } : { directory };
}
