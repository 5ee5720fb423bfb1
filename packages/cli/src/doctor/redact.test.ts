import { expect, test } from "vitest";
import { withoutPaths } from "./redact.js";

test.each([
  ["cannot open /home/ann/models/x.onnx: EACCES", "cannot open <path>: EACCES"],
  ["package C:\\Users\\ann\\m lacks it", "package <path> lacks it"],
  ['"~/private" and file:///etc/x', '"<path>" and <path>'],
  ["BAAI/bge-small-en-v1.5 lacks onnx/model.onnx", "BAAI/bge-small-en-v1.5 lacks onnx/model.onnx"],
])("%s", (message, redacted) => {
  expect(withoutPaths(message)).toBe(redacted);
});
