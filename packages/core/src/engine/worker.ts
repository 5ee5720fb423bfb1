import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BgeError, messageOf } from "../errors.js";
import { createTokens, type Tokens } from "../tokens.js";
import { applyHead } from "./heads.js";
import type { Computed, Head, Result, TokenRows, Work, WorkerData } from "./messages.js";
import { openSession, type Session } from "./session.js";
import { KNOWN_INPUTS, padRows } from "./tensors.js";
import { workerSide } from "./worker-side.js";

/** A worker, be it a thread or a process: opens tokenizer and session, then answers one message after the other. */
interface Model {
  readonly tokens: Tokens;
  readonly session: Session;
}

const { data, send, onMessage, close: leave } = workerSide();

try {
  const model = await open(data);
  let answering = Promise.resolve();
  onMessage((message) => {
    if (message.type === "close") void answering.then(() => close(model));
    else answering = answering.then(() => answer(model, message));
  });
} catch (error) {
  const code = error instanceof BgeError ? error.code : "MODEL_CORRUPT";
  send({ type: "cannot-start", code, message: messageOf(error) });
  leave();
}

async function open(start: WorkerData): Promise<Model> {
  const tokens = createTokens(
    await readJson(start.directory, "tokenizer.json"),
    await readJson(start.directory, "tokenizer_config.json"),
    start.architecture,
  );
  const session = await openSession(start);
  const shape = await outputShape(session, tokens, start.output);
  send({ type: "ready", info: { inputs: session.inputs, outputs: session.outputs, shape, frame: tokens.frame } });
  return { tokens, session };
}

/** Runs the model once on no words: learns the shape of its output, and warms it up. */
async function outputShape(session: Session, tokens: Tokens, output: string): Promise<readonly number[]> {
  const { inputs, outputs } = session;
  // The caller's thread knows the model's facts and says what is wrong.
  if (!inputs.every((name) => KNOWN_INPUTS.includes(name)) || !outputs.includes(output)) return [];
  const { rows } = tokens.encode([""], { form: "single", maxTokens: tokens.frame.single });
  return (await session.run(padRows(rows, inputs, tokens.padId))).shape;
}

async function answer(model: Model, work: Work): Promise<void> {
  try {
    const result = await perform(model, work);
    send({ type: "done", result }, buffersOf(result));
  } catch (error) {
    send({ type: "failed", message: messageOf(error) });
  }
}

async function perform(model: Model, work: Work): Promise<Result<Work>> {
  if (work.type === "encode") return model.tokens.encode(work.texts, work.encoding);
  if (work.type === "run") return compute(model, work.rows, work.head);
  const { rows, totals } = model.tokens.encode([work.text], work.encoding);
  return { ...(await compute(model, rows, work.head)), kept: rows.lengths[0]!, total: totals[0]! };
}

async function compute({ session, tokens }: Model, rows: TokenRows, head: Head): Promise<Computed> {
  const output = await session.run(padRows(rows, session.inputs, tokens.padId));
  return applyHead(head, output, rows.lengths);
}

/** Typed arrays are moved to the caller's thread, not copied. */
function buffersOf(result: Result<Work>): ArrayBuffer[] {
  const arrays =
    "data" in result ? [result.data] : [result.rows.ids, result.rows.lengths, result.rows.seconds, result.totals];
  return arrays.map((array) => array.buffer as ArrayBuffer);
}

async function close({ session }: Model): Promise<void> {
  await session.release();
  leave();
}

async function readJson(directory: string, name: string): Promise<object> {
  const file = join(directory, name);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new BgeError("MODEL_NOT_FOUND", `Cannot read ${file}: ${String(cause)}`);
  });
  try {
    return JSON.parse(text) as object;
  } catch (cause) {
    throw new BgeError("MODEL_CORRUPT", `${file} is not JSON: ${String(cause)}. It may be cut short: get it again.`);
  }
}
