import type { IncomingMessage } from "node:http";
import { Failure } from "./failure.js";

/** Refuses other encodings, of which the characters would be lost, and drops a byte order mark. */
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Reads a request's JSON. @throws Failure 413, 415 or 400 */
export async function readBody(request: IncomingMessage, mostBytes: number): Promise<unknown> {
  // A web page in a browser cannot send this type to another site without being asked first.
  if (!/^application\/json *(;|$)/i.test(request.headers["content-type"] ?? "")) {
    throw new Failure(415, "Validation", "Expected request with `Content-Type: application/json`");
  }
  const tooLarge = () => new Failure(413, "Validation", `The body is over ${mostBytes} bytes`);
  if (isOver(request, mostBytes)) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return JSON.parse(UTF8.decode(Buffer.concat(chunks)));
  } catch {
    // The parser's own message would quote the body.
    throw new Failure(400, "Validation", "Failed to parse the request body as JSON in UTF-8");
  }
}

/** True if the request says that its body has more bytes. */
export function isOver({ headers }: IncomingMessage, mostBytes: number): boolean {
  return Number(headers["content-length"] ?? 0) > mostBytes;
}
