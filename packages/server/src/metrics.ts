import { type BgeEvents, onEvent } from "@bge-js/core";

/** Seconds, from 1 ms to about a minute. */
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60];
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

type Labels = Readonly<Record<string, string>>;

/** A server's numbers, under the names of Text Embeddings Inference. */
export interface Metrics {
  /** A request with work for a model was accepted. `end` is called once, with the kind of error if it failed. */
  begin(): { end(seconds: number, error?: string): void };
  /** A request was refused before any work, with this kind of error. */
  refuse(error: string): void;
  /** In Prometheus' text format. */
  write(): string;
  dispose(): void;
}

/** Counts requests, and from the events of these models their calls and runs. */
export function createMetrics(models: ReadonlySet<string>): Metrics {
  const requests = counter("te_request_count", "Requests with work for a model");
  const successes = counter("te_request_success", "Those that succeeded");
  const failures = counter("te_request_failure", "Those that failed, by the kind of error");
  const duration = histogram("te_request_duration", "Seconds from a request to its answer", SECONDS);
  const tokenization = histogram("te_request_tokenization_duration", "Seconds of tokenization for a call", SECONDS);
  const queue = histogram("te_request_queue_duration", "The longest wait of a call for a worker, in seconds", SECONDS);
  const inference = histogram("te_request_inference_duration", "Seconds of inference for a call", SECONDS);
  const batchSize = histogram("te_batch_next_size", "Texts in a run", SIZES);
  const batchTokens = histogram("te_batch_next_tokens", "Tokens in a run", SIZES);
  let flying = 0;
  const all = [requests, successes, failures, duration, tokenization, queue, inference, batchSize, batchTokens];

  const stops = [
    onEvent("bge-js:call", (event: BgeEvents["bge-js:call"]) => {
      if (!models.has(event.model)) return;
      tokenization.observe(event.tokenizeMs / 1000);
      queue.observe(event.queueMs / 1000);
      inference.observe(event.runMs / 1000);
    }),
    onEvent("bge-js:run", (event: BgeEvents["bge-js:run"]) => {
      if (!models.has(event.model) || event.batchInputs === undefined) return;
      batchSize.observe(event.batchInputs);
      batchTokens.observe(event.batchTokens!);
    }),
  ];

  return {
    begin() {
      flying++;
      requests.add({});
      return {
        end(seconds, error) {
          flying--;
          duration.observe(seconds);
          if (error === undefined) successes.add({});
          else failures.add({ err: error.toLowerCase() });
        },
      };
    },
    refuse(error) {
      requests.add({});
      failures.add({ err: error.toLowerCase() });
    },
    write() {
      const gauge = `# HELP te_queue_size Requests accepted and not yet answered\n# TYPE te_queue_size gauge\nte_queue_size ${flying}\n`;
      return all.map((metric) => metric.write()).join("") + gauge;
    },
    dispose() {
      for (const stop of stops) stop();
    },
  };
}

function counter(name: string, help: string) {
  const values = new Map<string, number>();
  return {
    add(labels: Labels) {
      const key = written(labels);
      values.set(key, (values.get(key) ?? 0) + 1);
    },
    write: () => {
      const lines = [...values].map(([labels, value]) => `${name}${labels} ${value}\n`);
      return `# HELP ${name} ${help}\n# TYPE ${name} counter\n${lines.join("")}`;
    },
  };
}

function histogram(name: string, help: string, bounds: readonly number[]) {
  const counts = bounds.map(() => 0);
  let count = 0;
  let sum = 0;
  return {
    observe(value: number) {
      count++;
      sum += value;
      for (const [i, bound] of bounds.entries()) if (value <= bound) counts[i]!++;
    },
    write: () => {
      const buckets = bounds.map((bound, i) => `${name}_bucket{le="${bound}"} ${counts[i]}\n`).join("");
      const ends = `${name}_bucket{le="+Inf"} ${count}\n${name}_sum ${sum}\n${name}_count ${count}\n`;
      return `# HELP ${name} ${help}\n# TYPE ${name} histogram\n${buckets}${ends}`;
    },
  };
}

/** Label values are our own words. */
function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
