import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as a double got it. */
export interface Got {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  // biome-ignore lint/suspicious/noExplicitAny: the JSON of any dialect
  readonly body: any;
}

/** What a double answers: JSON, plain text, or nothing at all. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
}

/** Takes the place of an answer: returns true if it has answered, or ended the connection. */
export type Fault = (response: ServerResponse, got: Got, answer: () => Promise<Reply>) => Promise<void> | void;

export interface Double extends AsyncDisposable {
  readonly url: string;
  readonly got: Got[];
  /** Requests with a body, at one path. */
  bodies(path: string): Got["body"][];
  /** Each is used for one POST request, in this order; `undefined` lets one through. */
  readonly faults: (Fault | undefined)[];
  /** For every POST until it is set back. */
  always: Fault | undefined;
  /** The same for every other request: health checks, and what a server says of its model. */
  alwaysGet: Fault | undefined;
  /** Most requests that were in flight at once. */
  readonly peak: () => number;
  close(): Promise<void>;
}

/** Serves a dialect on the loopback address. */
export async function serve(answerTo: (got: Got) => Promise<Reply> | Reply, port = 0): Promise<Double> {
  const got: Got[] = [];
  const faults: (Fault | undefined)[] = [];
  let flying = 0;
  let peak = 0;
  const server = createServer(async (request, response) => {
    peak = Math.max(peak, ++flying);
    response.on("close", () => flying--);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { method = "", url: path = "", headers } = request;
    const one: Got = { method, path, headers, body: text === "" ? undefined : JSON.parse(text) };
    got.push(one);
    const answer = async () => answerTo(one);
    const fault = method === "POST" ? (double.always ?? faults.shift()) : double.alwaysGet;
    if (fault !== undefined) await fault(response, one, answer);
    else write(response, await answer());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  const double: Double = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    got,
    bodies: (path) => got.filter((one) => one.path === path && one.method === "POST").map(({ body }) => body),
    faults,
    always: undefined,
    alwaysGet: undefined,
    peak: () => peak,
    close,
    [Symbol.asyncDispose]: close,
  };
  return double;
}

export function write(response: ServerResponse, { status = 200, headers = {}, json, text }: Reply): void {
  const type = json === undefined ? "text/plain" : "application/json";
  response.writeHead(status, { "content-type": type, ...headers });
  response.end(json === undefined ? text : JSON.stringify(json));
}

export const replies =
  (reply: Reply): Fault =>
  (response) =>
    write(response, reply);
export const resets: Fault = (response) => void response.destroy();
export const resetsMidway: Fault = async (response, _, answer) => {
  const { json } = await answer();
  const text = JSON.stringify(json);
  response.writeHead(200, { "content-type": "application/json", "content-length": text.length });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
};
export const truncates: Fault = async (response, _, answer) => {
  const { json } = await answer();
  const text = JSON.stringify(json);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(text.slice(0, text.length / 2));
};
export const hangs: Fault = () => {};
/** Answers with something else in the place of the JSON. */
export const changes =
  // biome-ignore lint/suspicious/noExplicitAny: the JSON of any dialect
    (change: (json: any) => unknown): Fault =>
    async (response, _, answer) => {
      const reply = await answer();
      write(response, { ...reply, json: change(reply.json) });
    };
