/** Returns an ONNX graph of one node: `y = x · [[1, 2], [3, 4]]`, float32. */
export function tinyGraph(): Uint8Array {
  return Buffer.from(MATRIX_PRODUCT, "base64");
}

const MATRIX_PRODUCT =
  "CAgSADphChEKAXgKAXcSAXkiBk1hdE11bBIFdHJpYWwqGwgCCAIQAUIBd0oQAACAPwAAAEAAAEBAAACAQFoTCgF4Eg4KDAgBEggKAggBCgIIAmIT" +
  "CgF5Eg4KDAgBEggKAggBCgIIAkIECgAQDQ==";
