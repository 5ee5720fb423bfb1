import { createRequire } from "node:module";
import { BgeError, messageOf } from "../api/errors.js";

type Runtime = typeof import("onnxruntime-node");

const require = createRequire(import.meta.url);

/**
 * Loads the native library. Called only in workers, so that no bundler finds it in the application. Uses `require`
 * because `import` first reads all its files for their exports, which takes 7 ms more of 21.
 */
export async function loadRuntime(): Promise<Runtime> {
  try {
    return require("onnxruntime-node") as Runtime;
  } catch (cause) {
    throw new BgeError("UNSUPPORTED_PLATFORM", isInstalled() ? doesNotLoad(cause) : NOT_THERE, { cause });
  }
}

const NOT_THERE =
  "onnxruntime-node is not installed alongside @bge-js/core. If you copy or trace node_modules for deployment, include " +
  "onnxruntime-node, onnxruntime-common and @huggingface/tokenizers. See docs/bundlers.md of bge-js.";

function isInstalled(): boolean {
  try {
    return require.resolve("onnxruntime-node") !== "";
  } catch {
    return false;
  }
}

function doesNotLoad(cause: unknown): string {
  return (
    `onnxruntime-node cannot be loaded on ${process.platform}/${process.arch}: ${messageOf(cause)}. ` +
    "It has binaries for Linux with glibc (x64, arm64; in place of an Alpine image take one of Debian, such as node:24-slim), " +
    "macOS (arm64) and Windows (x64, arm64)."
  );
}
