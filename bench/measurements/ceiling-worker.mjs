import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";
import { matmul } from "../onnx/matmul.mjs";
import { rateOf } from "./timing.mjs";

/** The runtime that bge-js has. */
const ort = createRequire(new URL("../../packages/core/package.json", import.meta.url))("onnxruntime-node");
let session;
let a;

/** `{ open, dtype }` makes a product ready and warms it up; `{ seconds }` answers how many of it a second. */
parentPort.on("message", async ({ open, dtype, seconds }) => {
  if (open === undefined) {
    parentPort.postMessage(await rateOf(seconds, () => session.run({ a })));
    return;
  }
  const [rows, inner, columns] = open;
  await session?.release();
  const options = { intraOpNumThreads: 1, logSeverityLevel: 3 };
  session = await ort.InferenceSession.create(matmul({ rows, inner, columns, dtype }), options);
  a = tensor(dtype, rows, inner);
  for (let i = 0; i < 3; i++) await session.run({ a });
  parentPort.postMessage("ready");
});

function tensor(dtype, rows, inner) {
  const size = rows * inner;
  if (dtype === "fp32") return new ort.Tensor("float32", new Float32Array(size).fill(0.01), [rows, inner]);
  return new ort.Tensor(
    "uint8",
    Uint8Array.from({ length: size }, (_, i) => (i * 7) & 255),
    [rows, inner],
  );
}
