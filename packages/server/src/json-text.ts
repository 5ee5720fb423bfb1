import type { ServerResponse } from "node:http";
import { turn } from "@bge-js/core/adapter";

/** Characters that are made and written per turn of the event loop, in about a millisecond. */
const PIECE = 1 << 16;

/** An answer as the text of its JSON, which is made piece by piece as it is written. */
export class JsonText {
  readonly pieces: Iterable<string>;

  constructor(pieces: Iterable<string>) {
    this.pieces = pieces;
  }
}

/** The text of a list, whose items are made when it is their turn. */
export function* listText<T>(items: Iterable<T>, textOf: (item: T, index: number) => Iterable<string>) {
  let index = 0;
  yield "[";
  for (const item of items) {
    if (index > 0) yield ",";
    yield* textOf(item, index++);
  }
  yield "]";
}

/** The text of numbers. */
export function numbersText(numbers: Float32Array): string {
  return JSON.stringify(Array.from(numbers));
}

/** Joins pieces to ones that are about as long as a turn may take. */
export function* joined(pieces: Iterable<string>): Generator<string, void, undefined> {
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < PIECE) continue;
    yield text;
    text = "";
  }
  yield text;
}

/** Writes the rest of a body as fast as its client reads it, and no faster than the event loop turns. */
export async function writeAll(response: ServerResponse, texts: Iterable<string>): Promise<void> {
  for (const text of texts) {
    if (response.destroyed) return;
    if (response.write(text)) await turn();
    else await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}
