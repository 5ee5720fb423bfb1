/** What no tracer finds by reading code: models, the native libraries of the server's platform, and what they load at run time. */
const BGE = [
  "./node_modules/@bge-js/**/*",
  "./node_modules/@huggingface/tokenizers/**/*",
  "./node_modules/onnxruntime-common/**/*",
  "./node_modules/onnxruntime-node/{package.json,dist/**/*,bin/napi-v6/linux/x64/*}",
];

export default {
  output: "standalone",
  serverExternalPackages: ["@bge-js/core", "@bge-js/retriever"],
  outputFileTracingIncludes: { "/": BGE, "/api/search": BGE },
};
