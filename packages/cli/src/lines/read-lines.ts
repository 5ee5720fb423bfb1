import { createReadStream } from "node:fs";
import { CommandError } from "../exit.js";

/** A line of input: its text, or why it has none. */
export type Line = { readonly at: string } & ({ readonly text: string } | { readonly problem: string });

const NEWLINE = 0x0a;
/** A longer line is not read into memory. It is no text: core takes 2^24 characters. */
const LONGEST_BYTES = 64 * 2 ** 20;

/**
 * Yields the lines of the files in turn, drawn only as fast as they are taken; `-` is standard input. A line ends with
 * `\n` or `\r\n`. One that is not UTF-8, or too long, is a problem, and those after it are read. Blank lines are left out.
 */
export async function* readLines(files: readonly string[]): AsyncGenerator<Line, void, undefined> {
  for (const file of files) {
    const name = file === "-" ? "" : `${file}: `;
    const stream = file === "-" ? process.stdin : createReadStream(file);
    let number = 0;
    try {
      for await (const bytes of splitLines(named(stream, file))) {
        const at = `${name}line ${++number}`;
        const line = bytes === undefined ? { problem: `is over ${LONGEST_BYTES} bytes long` } : decoded(bytes);
        if ("problem" in line || line.text.trim() !== "") yield { at, ...line };
      }
    } finally {
      // Standard input that is left open would keep the process alive.
      stream.destroy();
    }
  }
}

/** The system's errors do not always say which file they are about. */
async function* named(stream: AsyncIterable<Buffer>, file: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* stream;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const known = { ENOENT: "it does not exist", EISDIR: "it is a folder" } as Readonly<Record<string, string>>;
    throw new CommandError(`cannot read ${file === "-" ? "standard input" : file}: ${known[code ?? ""] ?? message}`);
  }
}

/** Yields each line's bytes without the newline; `undefined` for one that is too long. */
async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer | undefined, void, undefined> {
  let held: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer) => {
    bytes += part.length;
    if (bytes > LONGEST_BYTES) held = [];
    else if (part.length > 0) held.push(part);
  };
  const cut = () => {
    const line = bytes > LONGEST_BYTES ? undefined : Buffer.concat(held);
    held = [];
    bytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, end));
      start = end + 1;
      yield cut();
    }
    take(chunk.subarray(start));
  }
  if (bytes > 0) yield cut();
}

function decoded(bytes: Buffer): { readonly text: string } | { readonly problem: string } {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { text: text.endsWith("\r") ? text.slice(0, -1) : text };
  } catch {
    return { problem: "is not UTF-8" };
  }
}
