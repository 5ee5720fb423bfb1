import { createHash } from "node:crypto";
import {
  appendFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";

/** Texts of one file: what is lost of a run that is stopped. */
const TEXTS = 1024;

/** An embedder whose documents' vectors are kept in `folder`, by the weights and the texts; the rest is the embedder's own. */
export function keepVectors(embedder, folder) {
  mkdirSync(folder, { recursive: true });
  const prefix = `${embedder.source.fingerprint}-${embedder.dimensions}-${embedder.maxTokens}`;

  async function embedWindow(texts) {
    const file = join(folder, `${prefix}-${hash(texts)}.f32`);
    if (!existsSync(file)) {
      const vectors = await embedder.embedDocuments(texts);
      writeWhole(
        file,
        Buffer.concat(vectors.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))),
      );
    }
    const { buffer, byteOffset, byteLength } = readFileSync(file);
    const all = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
    return texts.map((_, i) => all.subarray(i * embedder.dimensions, (i + 1) * embedder.dimensions));
  }

  async function* embedStream(texts) {
    let held = [];
    for await (const text of texts) {
      held.push(text);
      if (held.length < TEXTS) continue;
      yield* await embedWindow(held);
      held = [];
    }
    if (held.length > 0) yield* await embedWindow(held);
  }
  return { ...embedder, embedStream };
}

/** A reranker whose scores are kept in `folder`, by the weights, the query and the text. */
export function keepScores(reranker, folder) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${reranker.kind}-${reranker.source.fingerprint}-${reranker.maxTokens}.tsv`);
  const known = new Map();
  if (existsSync(file)) {
    for (const line of readFileSync(file, "utf8").split("\n")) {
      const [key, score] = line.split("\t");
      // A line that was cut off has no score.
      if (score) known.set(key, Number(score));
    }
  }
  async function score(query, documents, options) {
    const keys = documents.map((text) => hash([query, text]));
    const missing = documents.map((_, i) => i).filter((i) => !known.has(keys[i]));
    const scores = await reranker.score(
      query,
      missing.map((i) => documents[i]),
      options,
    );
    for (const [at, i] of missing.entries()) known.set(keys[i], scores[at]);
    appendFileSync(file, missing.map((i) => `${keys[i]}\t${known.get(keys[i])}\n`).join(""));
    return keys.map((key) => known.get(key));
  }
  return { ...reranker, score };
}

/** The token rows of texts, kept in one file of `folder`: of each text an array of `tokens[i] * dimensions` numbers. */
export async function keptRows(embedder, folder, texts, tokens, inputType) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${embedder.source.fingerprint}-${hash([inputType, texts])}.f32`);
  if (!existsSync(file)) {
    const stream = createWriteStream(`${file}.part`);
    for (let at = 0; at < texts.length; at += 64) {
      for (const { data } of await embedder.embedTokens(texts.slice(at, at + 64), { inputType })) {
        stream.write(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      }
    }
    await finished(stream.end());
    renameSync(`${file}.part`, file);
  }
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  const all = new Float32Array(buffer, byteOffset, byteLength / 4);
  let end = 0;
  return tokens.map((count) => {
    end += count * embedder.dimensions;
    return all.subarray(end - count * embedder.dimensions, end);
  });
}

function hash(texts) {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 24);
}

function writeWhole(file, data) {
  writeFileSync(`${file}.part`, data);
  renameSync(`${file}.part`, file);
}
