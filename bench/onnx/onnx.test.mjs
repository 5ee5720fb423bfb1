import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { multiplyAdds, SMALL } from "../work-of.mjs";
import { crossEncoder } from "./cross-encoder.mjs";
import { bytesOf } from "./graph.mjs";
import { matmul } from "./matmul.mjs";
import { integer, message, string } from "./protobuf.mjs";

const ort = createRequire(new URL("../../packages/core/package.json", import.meta.url))("onnxruntime-node");
const open = (bytes) => ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
const int64 = (rows) => new ort.Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0].length]);

describe("protocol buffers", () => {
  it("are written as their documentation shows", () => {
    expect(Buffer.concat(integer(1, 150)).toString("hex")).toBe("089601");
    expect(Buffer.concat(string(2, "testing")).toString("hex")).toBe("120774657374696e67");
    expect(Buffer.concat(message(3, integer(1, 150))).toString("hex")).toBe("1a03089601");
    expect(Buffer.concat(integer(1, -1)).toString("hex")).toBe("08ffffffffffffffffff01");
  });
});

describe("matrix products", () => {
  it("multiply in both precisions", async () => {
    const [rows, inner, columns] = [2, 3, 4];
    const weight = (i, j) => (((i * columns + j) * 37) % 255) - 127;
    const values = [1, 2, 3, 4, 5, 6];
    const product = (scale) =>
      Array.from({ length: rows * columns }, (_, at) =>
        Array.from(
          { length: inner },
          (_, i) => values[Math.floor(at / columns) * inner + i] * weight(i, at % columns),
        ).reduce((a, b) => a + b * scale, 0),
      );
    const int8 = await open(matmul({ rows, inner, columns, dtype: "int8" }));
    const bytes = new ort.Tensor(
      "uint8",
      Uint8Array.from(values, (value) => value + 128),
      [rows, inner],
    );
    expect([...(await int8.run({ a: bytes })).out.data]).toEqual(product(1));
    const fp32 = await open(matmul({ rows, inner, columns, dtype: "fp32" }));
    const floats = new ort.Tensor("float32", Float32Array.from(values), [rows, inner]);
    const out = [...(await fp32.run({ a: floats })).out.data];
    for (const [i, value] of product(0.001).entries()) expect(out[i]).toBeCloseTo(value, 5);
  });
});

describe("cross-encoders with random weights", () => {
  const shape = {
    vocabulary: 20,
    positions: 16,
    width: 24,
    layers: 2,
    heads: 4,
    inner: 48,
    firstPosition: 2,
    epsilon: 1e-5,
  };

  it.each(["fp32", "int8"])("give one logit a row, and padding does not change it (%s)", async (dtype) => {
    const session = await open(bytesOf(crossEncoder(shape, dtype)));
    const run = async (ids, mask) => (await session.run({ input_ids: int64(ids), attention_mask: int64(mask) })).logits;
    const padded = await run(
      [
        [1, 2, 3, 0, 0],
        [4, 5, 6, 7, 8],
      ],
      [
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 1],
      ],
    );
    expect(padded.dims).toEqual([2, 1]);
    const alone = await run([[1, 2, 3]], [[1, 1, 1]]);
    expect(padded.data[0]).toBeCloseTo(alone.data[0], dtype === "fp32" ? 5 : 2);
    expect(padded.data[0]).not.toBe(padded.data[1]);
  });

  it("are nearly the same in int8 as in fp32", async () => {
    const ids = [[1, 2, 3, 9]];
    const logits = [];
    for (const dtype of ["fp32", "int8"]) {
      const session = await open(bytesOf(crossEncoder(shape, dtype)));
      logits.push((await session.run({ input_ids: int64(ids), attention_mask: int64([[1, 1, 1, 1]]) })).logits.data[0]);
    }
    expect(Math.abs(logits[0] - logits[1])).toBeLessThan(0.01);
  });
});

describe("work", () => {
  it("is 21.2 million multiply-adds a token for bge-small, and attention beside", () => {
    expect(multiplyAdds(1, SMALL) / 1e6).toBeCloseTo(21.2, 1);
    expect(multiplyAdds(512, SMALL)).toBe(512 * 12 * (4 * 384 ** 2 + 2 * 384 * 1536) + 12 * 2 * 512 ** 2 * 384);
  });
});
