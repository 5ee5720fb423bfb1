import { BgeError, messageOf } from "../api/errors.js";
import type { Padding } from "../api/model.js";
import type {
  Computed,
  Head,
  ModelInfo,
  Result,
  SentWork,
  TokenRows,
  VisionStart,
  Work,
  WorkerData,
} from "../protocol.js";
import { KNOWN_INPUTS } from "../protocol.js";
import { askedTokens } from "../rows/match.js";
import { bestPassage } from "../rows/passage.js";
import { compareRows, scoreWindows } from "../rows/score.js";
import type { Tokens } from "../text/encode.js";
import { applyHeads, readFirstToken } from "./heads.js";
import { runFailure } from "./open-failure.js";
import { openTokens } from "./open-tokens.js";
import { openSession, type Session } from "./session.js";
import { createStages, type Stages } from "./stages.js";
import { padRows } from "./tensors.js";
import { workerSide } from "./worker-side.js";

/** A worker thread or process: opens the tokenizer and the session, then answers messages one after another. */
interface Model {
  readonly session: Session;
  /** Answers one piece of work. */
  readonly perform: Perform;
  /** Other graphs that its work needs. */
  readonly others?: readonly Session[];
  /** The same graph with more threads, for queries and pictures that run alone. Opened after the first few of them. */
  lone?: Session;
}

/** Number of lone queries or pictures after which their session is opened: applications that only index never pay for it. */
const LONE_QUERIES = 8;

type Perform = (session: Session, work: Work, stages: Stages) => Promise<Result<Work>>;

/** A graph for texts, with its tokenizer. */
interface TextModel {
  readonly tokens: Tokens;
  readonly session: Session;
  readonly padding: Padding;
}

const { data, send, onMessage, close: leave } = workerSide();

void serve();

async function serve(): Promise<void> {
  try {
    const model = await open(data);
    let answering = Promise.resolve();
    let loneQueries = 0;
    onMessage((message) => {
      if (message.type === "close") {
        void answering.then(() => close(model));
        return;
      }
      answering = answering.then(() => answer(model, message));
      if (message.lone && ++loneQueries === LONE_QUERIES) answering = answering.then(() => openLone(model));
    });
  } catch (error) {
    const code = error instanceof BgeError ? error.code : "MODEL_CORRUPT";
    send({ type: "cannot-start", code, message: messageOf(error) });
    leave();
  }
}

async function open(start: WorkerData): Promise<Model> {
  const { info, model } = await opened(start);
  send({ type: "ready", info });
  return model;
}

function opened(start: WorkerData): Promise<Opened> {
  if (start.vision !== undefined) return openSeeing(start, start.vision);
  return start.images === undefined ? openTexts(start) : openImages(start);
}

interface Opened {
  readonly info: ModelInfo;
  readonly model: Model;
}

async function openTexts(start: WorkerData): Promise<Opened> {
  const { padding, reads } = start;
  const tokens = openTokens(start);
  const session = await openSession(start);
  const probe = await runProbe({ tokens, session, padding }, reads);
  const { inputs, outputs } = session;
  return {
    info: { inputs, outputs, probe, frame: tokens.frame },
    model: { session, perform: (session, work, stages) => perform({ tokens, session, padding }, work, stages) },
  };
}

async function openImages(start: WorkerData): Promise<Opened> {
  const session = await openSession(start);
  // Loaded only here: a worker for texts has no use for it.
  const { imageReader } = await import("./pictures.js");
  const reader = imageReader(start);
  const { inputs, outputs } = session;
  return {
    info: { inputs, outputs, probe: await reader.probe(session), frame: { single: 0, pair: 0, tail: 0 } },
    model: { session, perform: reader.perform },
  };
}

async function openSeeing(start: WorkerData, vision: VisionStart): Promise<Opened> {
  // Loaded only here, too.
  const { openVisionLanguage } = await import("./vision-language.js");
  const { session, seeing, info, perform } = await openVisionLanguage(start, vision);
  return { info, model: { session, others: [seeing], perform: (_, work, stages) => perform(work, stages) } };
}

async function openLone(model: Model): Promise<void> {
  // Queries are answered without it, too, if more slowly: there may not be enough memory.
  const session = await openSession(data, "lone").catch(() => undefined);
  if (session !== undefined) model.lone = session;
}

/**
 * Runs the model once on a minimal input, to learn its output shapes, to check that it knows all tokens, and to warm it
 * up.
 */
async function runProbe(
  { tokens, session, padding }: TextModel,
  reads: readonly string[],
): Promise<ModelInfo["probe"]> {
  const { inputs, outputs } = session;
  const rows = tokens.probe();
  const count = rows.lengths[0]!;
  // The caller's thread knows the model's facts and reports what is wrong.
  const names = reads.filter((name) => outputs.includes(name));
  if (names.length === 0 || !inputs.every((name) => KNOWN_INPUTS.includes(name))) return { tokens: count, shapes: {} };
  const results = await session
    .run(padRows(rows, inputs, { padId: tokens.padId, padding }), names)
    .catch((cause: unknown) => {
      throw new BgeError(
        "MODEL_MISMATCH",
        `The graph cannot run token ids ${rows.ids.join(", ")}, which include the largest id in tokenizer.json. ` +
          `The tokenizer belongs to another model, or the graph is damaged: ${messageOf(cause)}`,
        { cause },
      );
    });
  const shapes = Object.fromEntries(Object.entries(results).map(([name, { shape }]) => [name, shape]));
  return { tokens: count, shapes };
}

async function answer(model: Model, work: SentWork): Promise<void> {
  const stages = createStages(work.timed === true);
  try {
    const session = (work.lone && model.lone) || model.session;
    const result = await model.perform(session, work, stages);
    const timing = stages.read();
    send({ type: "done", result, ...(timing === undefined ? {} : { timing }) }, buffersOf(result));
  } catch (error) {
    const { code, indices, parameter } = error instanceof BgeError ? error : ({} as Partial<BgeError>);
    send({
      type: "failed",
      message: code === undefined ? runFailure(error) : messageOf(error),
      ...(code !== undefined && { code, indices, parameter }),
    });
  }
}

async function perform(model: TextModel, work: Work, stages: Stages): Promise<Result<Work>> {
  if (work.type === "image" || work.type === "prompt")
    throw new BgeError("INFERENCE_FAILED", "This worker reads texts, not pictures.");
  if (work.type === "run") return compute(model, work.rows, work.heads, stages);
  if (work.type === "decode") return stages.tokenize(() => model.tokens.decode(work.ids));
  if (work.type === "divide") return stages.tokenize(() => model.tokens.divide(work));
  if (work.type === "match") {
    const { rows, ids, documents, dimensions, bonus } = work;
    const { weightless } = model.tokens;
    return stages.postprocess(() => scoreWindows({ rows, ids }, documents, dimensions, weightless, bonus));
  }
  if (work.type === "passages") return passages(model, work, stages);
  const texts = work.type === "encode" ? work.texts : [work.text];
  const encoded = stages.tokenize(() => model.tokens.encode(texts, work.encoding));
  if (work.type === "encode") return encoded;
  const { rows, totals } = encoded;
  const kept = rows.lengths[0]!;
  const total = totals[0]!;
  const unread = kept === 0 || (work.whole === true && total > kept);
  return { ...(unread ? NOTHING : await compute(model, rows, work.heads, stages)), kept, total };
}

/** Where the best part of each text starts and ends. */
function passages({ tokens }: TextModel, work: Extract<Work, { type: "passages" }>, stages: Stages): Int32Array {
  const { rows, ids, weights, dimensions, texts, documents, most } = work;
  const located = stages.tokenize(() => texts.map((text) => tokens.locate(text)));
  return stages.postprocess(() => {
    const query = askedTokens(ids, tokens.weightless);
    const ends = compareRows({ rows, ids }, documents, dimensions, (compared, i) => {
      const { ids: own, starts, ends, sentences } = located[i]!;
      if (own.length <= most) return [0, texts[i]!.length];
      const [from, to] = bestPassage(query, weights, compared, { ids: own, sentences }, most);
      return [starts[from]!, ends[to - 1]!];
    });
    return Int32Array.from(ends.flat());
  });
}

/** The result of a text that is not run. */
const NOTHING: Computed = { data: new Float32Array(0), faulty: [] };

async function compute(
  { session, tokens, padding }: TextModel,
  rows: TokenRows,
  heads: readonly Head[],
  stages: Stages,
): Promise<Computed> {
  const { inputs } = session;
  const { padId, weightless } = tokens;
  const names = [...new Set(heads.map((head) => head.output))];
  const outputLength = inputs.includes("output_length") && readFirstToken(heads) ? 1 : undefined;
  const outputs = await stages.run(() => session.run(padRows(rows, inputs, { padId, padding, outputLength }), names));
  return stages.postprocess(() => applyHeads(heads, outputs, { rows, padding, outputLength, weightless }));
}

/** Returns the buffers of typed arrays, to be moved to the caller's thread rather than copied. */
function buffersOf(result: Result<Work>): ArrayBuffer[] {
  if ("numbers" in result) return [result.numbers.buffer as ArrayBuffer];
  if (!("data" in result) && !("rows" in result)) return [];
  const arrays =
    "data" in result
      ? [result.data, ...(result.keptRows ?? [])]
      : [result.rows.ids, result.rows.lengths, result.rows.seconds, result.totals];
  return arrays.map((array) => array.buffer as ArrayBuffer);
}

async function close({ session, lone, others = [] }: Model): Promise<void> {
  await session.release();
  await lone?.release();
  for (const other of others) await other.release();
  leave();
}
