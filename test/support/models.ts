import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A tiny random-weight model of test/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** Original weights, where BGE_JS_MODELS points to them; tests that need them are skipped and counted otherwise. */
export function originalModel(name: string): string | undefined {
  const root = process.env["BGE_JS_MODELS"];
  if (root === undefined || root === "") return undefined;
  const directory = join(root, name);
  if (!existsSync(join(directory, "onnx", "model.onnx"))) {
    throw new Error(`BGE_JS_MODELS is set, but ${directory} has no onnx/model.onnx`);
  }
  return directory;
}
