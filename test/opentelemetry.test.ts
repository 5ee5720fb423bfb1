import { type BgeError, loadEmbedder } from "@bge-js/core";
import { instrument } from "@bge-js/core/opentelemetry";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { MeterProvider, type MetricData, MetricReader } from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { fixture } from "./support/models.js";
import { live } from "./support/workers.js";

const exporter = new InMemorySpanExporter();
const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = tracers.getTracer("test");

/** Hands out what has been recorded when it is asked. */
class PulledReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

let reader: PulledReader;
let stop: () => void;
beforeEach(() => {
  exporter.reset();
  reader = new PulledReader();
  const meter = new MeterProvider({ readers: [reader] }).getMeter("test");
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  stop = instrument({ tracer, meter });
});
afterEach(() => {
  stop();
  context.disable();
  expect(live.size).toBe(0);
});

async function embedder(options = {}) {
  const model = await loadEmbedder(fixture("tiny-bert-cls"), { truncation: "silent", threads: 1, ...options });
  onTestFinished(() => model.dispose());
  return {
    ...model,
    /** Disposed now, so that no worker is left behind. */
    done: () => model.dispose(),
  };
}

const spans = () => exporter.getFinishedSpans();
const named = (name: string) => spans().filter((span) => span.name === name);
const ms = ([seconds, nanos]: ReadableSpan["startTime"]) => seconds * 1e3 + nanos / 1e6;

async function metrics(): Promise<Record<string, MetricData>> {
  const { resourceMetrics } = await reader.collect();
  const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  return Object.fromEntries(all.map((metric) => [metric.descriptor.name, metric]));
}
const OF_MODEL = { "bge.model": "tiny-bert-cls", "bge.dtype": "fp32", "bge.device": "cpu" };

describe("spans", () => {
  test("a call is one, below the caller's, with its work below it", async () => {
    const model = await embedder();
    await tracer.startActiveSpan("request", async (request) => {
      // Behind an await, as in a server.
      await new Promise(setImmediate);
      await model.embedDocuments(["a", "a b c d e f"]);
      request.end();
    });
    await model.done();
    const [request, call, encode, run] = ["request", "bge embedDocuments", "bge encode", "bge run"].map(
      (name) => named(name)[0]!,
    );
    expect(spans()).toHaveLength(5);
    expect(call!.parentSpanContext?.spanId).toBe(request!.spanContext().spanId);
    expect(encode!.parentSpanContext?.spanId).toBe(call!.spanContext().spanId);
    for (const each of named("bge run")) expect(each.parentSpanContext?.spanId).toBe(call!.spanContext().spanId);
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(call!.attributes).toMatchObject({ ...OF_MODEL, "bge.inputs": 2, "bge.runs": 2, "bge.outcome": "ok" });
    expect(run!.attributes).toMatchObject({ ...OF_MODEL, "bge.inputs": 1, "bge.outcome": "ok" });
    for (const inner of [encode!, ...named("bge run")]) {
      expect(ms(inner.startTime)).toBeGreaterThanOrEqual(ms(call!.startTime) - 0.01);
      expect(ms(inner.endTime)).toBeLessThanOrEqual(ms(call!.endTime) + 0.01);
    }
    expect(Math.abs(ms(call!.startTime) - Date.now())).toBeLessThan(60_000);
  });

  test("calls side by side keep to their own requests", async () => {
    const model = await embedder();
    const request = (name: string) =>
      tracer.startActiveSpan(name, async (span) => {
        await Promise.all([model.embedQuery(name), model.embedDocuments([name, name])]);
        span.end();
      });
    await Promise.all(["one", "two", "three"].map(request));
    await model.done();
    for (const name of ["one", "two", "three"]) {
      const { traceId } = named(name)[0]!.spanContext();
      const own = spans().filter((span) => span.spanContext().traceId === traceId);
      expect(own.filter((span) => span.name.startsWith("bge embed"))).toHaveLength(2);
    }
  });

  test("one that fails has the error's code", async () => {
    const model = await embedder({ truncation: "error", maxTokens: 8 });
    const failure = await model.embedDocuments(["a b c d e f g h i j"]).catch((error: unknown) => error as BgeError);
    expect(failure).toMatchObject({ code: "INPUT_TOO_LONG" });
    await model.done();
    const [call] = named("bge embedDocuments");
    expect(call!.attributes).toMatchObject({ "bge.outcome": "INPUT_TOO_LONG", "error.type": "INPUT_TOO_LONG" });
    expect(call!.status).toEqual({ code: 2, message: "INPUT_TOO_LONG" });
  });

  test("none holds a text", async () => {
    const model = await embedder();
    await model.embedDocuments(["xyzzysecret", "xyzzysecret again"]);
    await model.done();
    const all = spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
    expect(all.length).toBeGreaterThan(2);
    expect(JSON.stringify([all, await metrics()])).not.toMatch(/xyzzy/);
  });
});

test("histograms and counters by model, method and outcome", async () => {
  const model = await embedder({ maxTokens: 8 });
  await model.embedDocuments(["a", "b", "a b c d e f g h i j"]);
  await model.embedQuery("a");
  await model.embedQuery("a", { deadlineMs: 0 }).catch(() => {});
  await model.done();
  const all = await metrics();
  const points = (name: string) =>
    all[name]!.dataPoints.map(({ attributes, value }) => ({ attributes, value: value as number | { count: number } }));
  expect(all["bge.call.duration"]!.descriptor.unit).toBe("s");
  expect(points("bge.call.duration")).toEqual([
    {
      attributes: { ...OF_MODEL, "bge.method": "embedDocuments", "bge.outcome": "ok" },
      value: expect.objectContaining({ count: 1 }),
    },
    {
      attributes: { ...OF_MODEL, "bge.method": "embedQuery", "bge.outcome": "ok" },
      value: expect.objectContaining({ count: 1 }),
    },
    {
      attributes: {
        ...OF_MODEL,
        "bge.method": "embedQuery",
        "bge.outcome": "DEADLINE_EXCEEDED",
        "error.type": "DEADLINE_EXCEEDED",
      },
      value: expect.objectContaining({ count: 1 }),
    },
  ]);
  // Two texts of one length share a run; the long one and the query have their own.
  expect(points("bge.run.duration")).toEqual([{ attributes: OF_MODEL, value: expect.objectContaining({ count: 3 }) }]);
  expect(points("bge.batch.size")).toEqual([
    { attributes: OF_MODEL, value: expect.objectContaining({ sum: 4, max: 2 }) },
  ]);
  expect(points("bge.truncations").map(({ attributes, value }) => [attributes["bge.input_type"], value])).toEqual([
    ["document", 1],
    ["query", 1],
  ]);
  expect(points("bge.tokens")[0]!.value).toBe(3 + 3 + 8 + 8);
  const states = points("bge.workers").map(({ attributes, value }) => [attributes["bge.worker.state"], value]);
  expect(states).toEqual([
    ["started", 1],
    ["ready", 1],
    ["ended", 1],
  ]);
});

test("taken back, nothing is recorded any more, and spans that were open are ended", async () => {
  const model = await embedder();
  const call = model.embedDocuments(["a"]);
  stop();
  await call;
  await model.embedQuery("b");
  await model.done();
  expect(spans().map(({ name }) => name)).toEqual(["bge embedDocuments"]);
  expect((await metrics())["bge.call.duration"]).toBeUndefined();
});

test("without arguments the global tracer is used", async () => {
  stop();
  trace.setGlobalTracerProvider(tracers);
  onTestFinished(() => trace.disable());
  stop = instrument();
  const model = await embedder();
  await model.embedQuery("a");
  await model.done();
  expect(named("bge embedQuery")[0]!.instrumentationScope.name).toBe("@bge-js/core");
});
