import {
  type Attributes,
  context,
  type Meter,
  metrics,
  type Span,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { type CallEvent, type Outcome, onEvent, type RunEvent } from "./api/events.js";

export interface InstrumentOptions {
  /** @default the global tracer named "@bge-js/core" */
  readonly tracer?: Tracer;
  /** @default the global meter named "@bge-js/core" */
  readonly meter?: Meter;
}

const NAME = "@bge-js/core";

/**
 * Turns bge-js events into OpenTelemetry: one span per call, as a child of the caller's, with a span for each piece of its work;
 * and histograms and counters by model, dtype, device, method and outcome. They never contain a text, a vector or a score.
 * Returns a function that stops it.
 */
export function instrument({
  tracer = trace.getTracer(NAME),
  meter = metrics.getMeter(NAME),
}: InstrumentOptions = {}): () => void {
  const stopSpans = makeSpans(tracer);
  const stopMetrics = recordMetrics(meter);
  return () => {
    stopSpans();
    stopMetrics();
  };
}

function makeSpans(tracer: Tracer): () => void {
  const open = new Map<number, Span>();
  const stops = [
    onEvent("bge-js:call-start", ({ call, method, startedAt, ...model }) => {
      // This runs on the caller's stack, so the active span is the caller's.
      open.set(call, tracer.startSpan(`bge ${method}`, { startTime: startedAt, attributes: ofModel(model) }));
    }),
    onEvent("bge-js:run", (event) => {
      const parent = open.get(event.call);
      // Work that ends after its call is left out.
      if (parent === undefined) return;
      const { work, startedAt, durationMs, outcome } = event;
      const options = { startTime: startedAt, attributes: { ...ofModel(event), ...ofRun(event) } };
      const span = tracer.startSpan(`bge ${work}`, options, trace.setSpan(context.active(), parent));
      finish(span, outcome, startedAt + durationMs);
    }),
    onEvent("bge-js:call", (event) => {
      const span = open.get(event.call);
      if (span === undefined) return;
      open.delete(event.call);
      span.setAttributes(ofCall(event));
      finish(span, event.outcome, event.startedAt + event.durationMs);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    for (const span of open.values()) span.end();
    open.clear();
  };
}

function finish(span: Span, outcome: Outcome, endTime: number): void {
  span.setAttribute("bge.outcome", outcome);
  if (outcome !== "ok") {
    span.setAttribute("error.type", outcome);
    span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
  }
  span.end(endTime);
}

function recordMetrics(meter: Meter): () => void {
  const seconds = (name: string, description: string) => meter.createHistogram(name, { unit: "s", description });
  const callDuration = seconds("bge.call.duration", "Calls to the public methods");
  const queueDuration = seconds("bge.queue.duration", "Time work waits for a worker");
  const tokenizeDuration = seconds("bge.tokenize.duration", "Tokenization, in a worker");
  const runDuration = seconds("bge.run.duration", "Graph runs");
  const postprocessDuration = seconds("bge.postprocess.duration", "Postprocessing of the graph's outputs");
  const loadDuration = seconds("bge.load.duration", "Loading a model");
  const batchSize = meter.createHistogram("bge.batch.size", { unit: "{text}", description: "Texts per run" });
  const tokens = meter.createCounter("bge.tokens", { unit: "{token}", description: "Tokens run through the graph" });
  const padding = meter.createCounter("bge.padding", {
    unit: "{token}",
    description: "Padding tokens run through the graph",
  });
  const truncations = meter.createCounter("bge.truncations", { unit: "{text}", description: "Truncated texts" });
  const workers = meter.createCounter("bge.workers", {
    unit: "{worker}",
    description: "Worker state changes, by state",
  });
  const downloads = meter.createCounter("bge.downloads", {
    unit: "By",
    description: "Model files downloaded, by outcome",
  });
  const canaries = meter.createHistogram("bge.canary.cosine", { description: "The worst canary's cosine to fp32" });
  const stops = [
    onEvent("bge-js:call", (event) => {
      const { method, outcome, durationMs } = event;
      callDuration.record(durationMs / 1000, { ...ofModel(event), "bge.method": method, ...ofOutcome(outcome) });
    }),
    onEvent("bge-js:run", (event) => {
      const attributes = ofModel(event);
      const { work, outcome, queueMs } = event;
      queueDuration.record(queueMs / 1000, { ...attributes, "bge.work": work });
      if (outcome !== "ok") return;
      if (work === "encode" || work === "encode-and-run") tokenizeDuration.record(event.tokenizeMs / 1000, attributes);
      if (work !== "run" && work !== "encode-and-run") return;
      runDuration.record(event.runMs / 1000, attributes);
      postprocessDuration.record(event.postprocessMs / 1000, attributes);
      if (event.batchInputs !== undefined) batchSize.record(event.batchInputs, attributes);
      tokens.add(event.tokens, attributes);
      padding.add(event.paddedTokens, attributes);
    }),
    onEvent("bge-js:load", (event) => {
      loadDuration.record(event.durationMs / 1000, { ...ofModel(event), ...ofOutcome(event.outcome) });
    }),
    onEvent("bge-js:truncate", ({ model, inputType }) => {
      truncations.add(1, { "bge.model": model, "bge.input_type": inputType });
    }),
    onEvent("bge-js:worker", (event) => workers.add(1, { ...ofModel(event), "bge.worker.state": event.state })),
    onEvent("bge-js:download", ({ model, bytes, outcome }) => {
      downloads.add(bytes, { "bge.model": model, ...ofOutcome(outcome) });
    }),
    onEvent("bge-js:canary", (event) => canaries.record(event.worst, ofModel(event))),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function ofModel({ model, dtype, device }: Pick<CallEvent, "model" | "dtype" | "device">): Attributes {
  return { "bge.model": model, "bge.dtype": dtype, "bge.device": device };
}

function ofOutcome(outcome: Outcome): Attributes {
  return { "bge.outcome": outcome, ...(outcome === "ok" ? {} : { "error.type": outcome }) };
}

function ofCall({ inputs, tokens, truncated, runs, queueMs }: CallEvent): Attributes {
  return {
    "bge.inputs": inputs,
    "bge.tokens": tokens,
    "bge.truncated": truncated,
    "bge.runs": runs,
    "bge.queue_ms": queueMs,
  };
}

function ofRun({ inputs, tokens, paddedTokens, queueMs, tokenizeMs, runMs, postprocessMs }: RunEvent): Attributes {
  return {
    "bge.inputs": inputs,
    "bge.tokens": tokens,
    "bge.padded_tokens": paddedTokens,
    "bge.queue_ms": queueMs,
    "bge.tokenize_ms": tokenizeMs,
    "bge.run_ms": runMs,
    "bge.postprocess_ms": postprocessMs,
  };
}
