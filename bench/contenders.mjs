import { publishedFolder } from "./models.mjs";

/** Who may take part. `embedded` is our model package, `published` the same model's original ONNX files. */
const ALL = {
  bge: { name: "bge-js", library: "bge-js", weights: "embedded", dtype: "int8" },
  bgeQ8: { name: "bge-js, published int8", library: "bge-js", weights: "published", dtype: "int8" },
  bgeFp32: { name: "bge-js, fp32", library: "bge-js", weights: "published", dtype: "fp32" },
  transformersQ8: { name: "transformers.js, q8", library: "transformers-js", weights: "published", dtype: "int8" },
  transformersFp32: { name: "transformers.js, fp32", library: "transformers-js", weights: "published", dtype: "fp32" },
  fastembedQ8: { name: "fastembed, q8", library: "fastembed", weights: "published", dtype: "int8" },
  fastembedFp32: { name: "fastembed, fp32", library: "fastembed", weights: "published", dtype: "fp32" },
  torch: {
    name: "sentence-transformers, torch",
    library: "sentence-transformers",
    weights: "published",
    dtype: "fp32",
  },
  pythonOnnx: {
    name: "sentence-transformers, ONNX",
    library: "sentence-transformers",
    weights: "published",
    dtype: "fp32",
    backend: "onnx",
  },
};

/** Those that can run here, each with `threads`; what is missing is told to `skip`. */
export function presentContenders(threads, skip) {
  const published = publishedFolder() !== undefined;
  if (!published) skip("contenders with the original weights: BGE_JS_MODELS does not lead to bge-small-en-v1.5");
  const python = Boolean(process.env.BGE_JS_BENCH_PYTHON);
  if (!python) skip("sentence-transformers: BGE_JS_BENCH_PYTHON names no Python");
  return Object.fromEntries(
    Object.entries(ALL)
      .filter(([, { weights }]) => published || weights === "embedded")
      .filter(([, { library }]) => python || library !== "sentence-transformers")
      .map(([key, contender]) => [key, { ...contender, threads }]),
  );
}
