import { createRequire } from "node:module";
import { BgeError, messageOf } from "../api/errors.js";

type Runtime = typeof import("onnxruntime-node");

const require = createRequire(import.meta.url);

/**
 * The native library, reached from workers alone, so that no bundler meets it in the application. Not by `import`, which reads
 * all its files for their exports before it runs them: 7 ms more of 21.
 */
export async function loadRuntime(): Promise<Runtime> {
  try {
    return require("onnxruntime-node") as Runtime;
  } catch (cause) {
    throw new BgeError("UNSUPPORTED_PLATFORM", isInstalled() ? doesNotLoad(cause) : NOT_THERE, { cause });
  }
}

const NOT_THERE =
  "onnxruntime-node is not installed beside @bge-js/core. Where node_modules is copied or traced for a deployment, take " +
  "onnxruntime-node, onnxruntime-common and @huggingface/tokenizers along: docs/bundlers.md of bge-js has the lines.";

function isInstalled(): boolean {
  try {
    return require.resolve("onnxruntime-node") !== "";
  } catch {
    return false;
  }
}

function doesNotLoad(cause: unknown): string {
  return (
    `onnxruntime-node does not load on ${process.platform}/${process.arch}: ${messageOf(cause)}. ` +
    "It has binaries for Linux (glibc) x64 and arm64, macOS arm64, Windows x64 and arm64."
  );
}
