import { appendFile, mkdir, open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "./documents.js";
import { DemoError, messageOf } from "./errors.js";

/** Vectors by the content of their text, kept in a file so that no text is embedded twice. */
export interface KeptVectors {
  get(text: string): Float32Array | undefined;
  /** Adds vectors, and writes them to the file at once so that an interrupted run keeps them. */
  add(texts: readonly string[], vectors: readonly Float32Array[]): Promise<void>;
  /** Forgets all other texts. Returns how many were forgotten. */
  retain(texts: Iterable<string>): Promise<number>;
}

/**
 * Opens `directory/name`. A line is `{"text":"<SHA-256 of the text>","vector":"<base64 of float32>"}`. A damaged line,
 * such as one from a run that was killed, is ignored, and its text is embedded again.
 */
export async function openKeptVectors(directory: string, name: string, dimensions: number): Promise<KeptVectors> {
  const path = join(directory, name);
  const vectors = await mkdir(directory, { recursive: true })
    .then(() => readVectors(path, dimensions))
    .catch((error: unknown) => {
      throw new DemoError(`cannot keep an index in ${directory}: ${messageOf(error)}`);
    });
  return {
    get: (text) => vectors.get(sha256(text)),
    async add(texts, added) {
      const entries = texts.map((text, index) => [sha256(text), added[index]!] as const); // one vector per text
      for (const [hash, vector] of entries) vectors.set(hash, vector);
      await appendFile(path, entries.map(toLine).join(""));
    },
    async retain(texts) {
      const wanted = new Set(Array.from(texts, sha256));
      const unwanted = [...vectors.keys()].filter((hash) => !wanted.has(hash));
      if (unwanted.length === 0) return 0;
      for (const hash of unwanted) vectors.delete(hash);
      const partial = `${path}.${process.pid}.partial`;
      await writeFile(partial, [...vectors].map(toLine).join(""));
      await rename(partial, path);
      return unwanted.length;
    },
  };
}

async function readVectors(path: string, dimensions: number): Promise<Map<string, Float32Array>> {
  const vectors = new Map<string, Float32Array>();
  const file = await open(path, "a+"); // creates it; the newline below completes a truncated line
  try {
    for await (const line of file.readLines({ autoClose: false, start: 0 })) {
      const [hash, vector] = fromLine(line) ?? [];
      if (hash !== undefined && vector?.length === dimensions) vectors.set(hash, vector);
    }
    await file.appendFile("\n");
  } finally {
    await file.close();
  }
  return vectors;
}

function toLine([hash, vector]: readonly [string, Float32Array]): string {
  const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return `${JSON.stringify({ text: hash, vector: bytes.toString("base64") })}\n`;
}

function fromLine(line: string): [string, Float32Array] | undefined {
  try {
    const { text, vector } = JSON.parse(line) as { text: string; vector: string }; // toLine wrote it
    const bytes = Uint8Array.from(Buffer.from(vector, "base64")); // a copy: a pooled buffer need not be aligned
    return [text, new Float32Array(bytes.buffer)];
  } catch {
    return undefined;
  }
}
