import { BgeError } from "../api/errors.js";
import type { Computed, Head, SentWork } from "../protocol.js";
import { bad } from "./answers.js";
import type { Dialect, Embedded, Wanted } from "./dialect.js";
import type { Client } from "./http.js";

/** The numbers of one text. */
export type TextNumbers = Computed & {
  /** At least 1: tokens that the numbers are of, where each token has its own. */
  readonly rows: number;
};

type OneText = Extract<SentWork, { type: "encode-and-run" }>;

/** Sends one request for each head to a server, and reads the numbers of each text. */
export async function computeBatch(
  client: Client,
  dialect: Dialect,
  address: string,
  works: readonly OneText[],
  { cut, width, signal }: { readonly cut: boolean; readonly width: number | undefined; readonly signal: AbortSignal },
): Promise<TextNumbers[]> {
  const [{ heads, encoding }] = works as readonly [OneText];
  const texts = works.map(({ text }) => text);
  const inputType = encoding.form === "single" ? encoding.inputType : undefined;
  const ask = async ({ path, body }: { readonly path: string; readonly body: object }) =>
    (await client.send(address, path, body, signal)).json;
  const byHead: (readonly Embedded[])[] = [];
  for (const head of heads) {
    if (head.type === "logit") {
      const { rank } = dialect;
      if (rank === undefined || head.query === undefined) throw unsupported(dialect, "reranking");
      const json = await ask(rank.request({ query: head.query, texts, cut, logits: head.output === LOGITS }));
      byHead.push(rank.read(json, texts.length).map((score) => ({ data: Float32Array.of(score), width: 1 })));
    } else {
      const wanted = WANTED[head.type as keyof typeof WANTED];
      if (wanted === undefined || !dialect.outputs.includes(wanted)) throw unsupported(dialect, `output ${head.type}`);
      const json = await ask(dialect.embed({ texts, inputType, cut, wanted }));
      byHead.push(dialect.readEmbeddings(json, texts.length, wanted).map((one) => checked(one, head, width)));
    }
  }
  return texts.map((_, i) =>
    joined(
      heads,
      byHead.map((results) => results[i]!),
    ),
  );
}

const WANTED = { vector: "dense", tokens: "tokens", sparse: "sparse" } as const satisfies Record<string, Wanted>;

/** The output of a head whose scores are to be logits. */
export const LOGITS = "logits";

function checked(embedded: Embedded, head: Head, width: number | undefined): Embedded {
  if (head.type === "sparse") return embedded;
  if (width !== undefined && embedded.width !== width) {
    throw bad(`a vector has ${embedded.width} numbers, and the model's have ${width}`);
  }
  const { dimensions } = head as Extract<Head, { type: "vector" }>;
  return { data: cutRows(embedded, dimensions), width: dimensions };
}

/** Cuts rows to `dimensions`, then normalises them. A vector that is of length 1 as it came keeps its bits. */
function cutRows({ data, width }: Embedded, dimensions: number): Float32Array {
  const rows = data.length / width;
  const cut = new Float32Array(rows * dimensions);
  for (let row = 0; row < rows; row++) {
    const out = cut.subarray(row * dimensions, (row + 1) * dimensions);
    out.set(data.subarray(row * width, row * width + dimensions));
    const norm = Math.sqrt(out.reduce((sum, value) => sum + value * value, 0));
    if (Math.abs(norm - 1) > 1e-6 && norm > 0) for (let d = 0; d < dimensions; d++) out[d] = out[d]! / norm;
  }
  return cut;
}

/** Puts a text's heads behind one another, as `splitRow` expects them. */
function joined(heads: readonly Head[], parts: readonly Embedded[]): TextNumbers {
  const faulty = parts.some(({ data }, i) => isFaulty(data, heads[i]!)) ? [0] : [];
  const rows = Math.max(
    1,
    ...parts.map(({ data, width }, i) => (heads[i]!.type === "vector" ? 1 : data.length / width) + skipOf(heads[i]!)),
  );
  if (heads.length === 1) return { data: parts[0]!.data, faulty, rows };
  const pieces = parts.map(({ data }, i) => {
    if (heads[i]!.type !== "sparse") return data;
    // Two numbers for each token, of which those without weight are 0.
    const padded = new Float32Array(2 * rows);
    padded.set(data);
    return padded;
  });
  const data = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    data.set(piece, at);
    at += piece.length;
  }
  return { data, faulty, rows };
}

function skipOf(head: Head): number {
  return head.type === "tokens" ? head.skip : 0;
}

function isFaulty(data: Float32Array, head: Head): boolean {
  if (!data.every(Number.isFinite)) return true;
  return head.type === "vector" && data.every((value) => value === 0);
}

export function unsupported({ api }: Dialect, what: string): BgeError {
  return new BgeError("MODEL_MISMATCH", `A server of api "${api}" has no ${what}.`, { parameter: "api" });
}
