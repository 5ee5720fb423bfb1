import { BgeError, messageOf } from "../errors.js";

/** The native library, reached from workers alone, so that no bundler meets it in the application. */
export async function loadRuntime(): Promise<typeof import("onnxruntime-node")> {
  try {
    // A CommonJS module: some loaders put everything under `default`.
    const module = await import("onnxruntime-node");
    return module.InferenceSession === undefined ? (module as unknown as { default: typeof module }).default : module;
  } catch (cause) {
    throw new BgeError(
      "UNSUPPORTED_PLATFORM",
      `onnxruntime-node does not load on ${process.platform}/${process.arch}: ${messageOf(cause)}. ` +
        "It has binaries for Linux (glibc) x64 and arm64, macOS arm64, Windows x64 and arm64.",
      { cause },
    );
  }
}
