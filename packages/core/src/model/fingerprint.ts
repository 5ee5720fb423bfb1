import { createHash, type Hash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { BgeError } from "../api/errors.js";
import { statOfFile, unreadableFile } from "./json-file.js";

const SAMPLES = 64;
const SAMPLE_BYTES = 4096;

/**
 * Identifies a model without reading all its weights: 16 hex digits of SHA-256 over the size and 64 evenly spaced blocks of each file
 * (the graph and any external data). Not a checksum: it detects different weights, not a single damaged byte.
 */
export function fingerprint(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) addSamples(hash, file);
  return hash.digest("hex").slice(0, 16);
}

function addSamples(hash: Hash, file: string): void {
  let descriptor: number | undefined;
  try {
    statOfFile(file);
    descriptor = openSync(file, "r");
    const { size } = fstatSync(descriptor);
    hash.update(String(size));
    const block = Buffer.alloc(SAMPLE_BYTES);
    for (let i = 0; i < SAMPLES; i++) {
      const position = Math.floor((Math.max(0, size - SAMPLE_BYTES) * i) / (SAMPLES - 1));
      const read = readSync(descriptor, block, 0, SAMPLE_BYTES, position);
      hash.update(block.subarray(0, read));
    }
  } catch (cause) {
    if (cause instanceof BgeError) throw cause;
    throw unreadableFile(file, cause);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
