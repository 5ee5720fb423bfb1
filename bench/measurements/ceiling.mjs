import { createRequire } from "node:module";
import { matmul } from "../onnx/matmul.mjs";
import { rateOf } from "./timing.mjs";

/** The runtime that bge-js has. */
const ort = createRequire(new URL("../../packages/core/package.json", import.meta.url))("onnxruntime-node");

/** Multiply-adds a second of one matrix product, by shape `[rows, inner, columns]`. */
export async function measure(_open, { shapes, seconds, contender: { dtype, threads } }) {
  const rates = {};
  for (const [rows, inner, columns] of shapes) {
    const options = { intraOpNumThreads: threads, logSeverityLevel: 3 };
    const session = await ort.InferenceSession.create(matmul({ rows, inner, columns, dtype }), options);
    const a = tensor(dtype, rows, inner);
    for (let i = 0; i < 3; i++) await session.run({ a });
    rates[`${rows} x ${inner} x ${columns}`] =
      rows * inner * columns * (await rateOf(seconds, () => session.run({ a })));
    await session.release();
  }
  return rates;
}

function tensor(dtype, rows, inner) {
  const size = rows * inner;
  if (dtype === "fp32") return new ort.Tensor("float32", new Float32Array(size).fill(0.01), [rows, inner]);
  return new ort.Tensor(
    "uint8",
    Uint8Array.from({ length: size }, (_, i) => (i * 7) & 255),
    [rows, inner],
  );
}
