import { BgeError } from "../api/errors.js";
import { type CanaryEvent, publish, startStopwatch } from "../api/events.js";
import type { ModelSpec, OpenSource } from "../api/model.js";
import type { SharedEngine } from "../engine/shared-engine.js";
import type { Canaries } from "./canary-runs.js";

/** Below these cosines to the fp32 numbers, the user is warned, and the model is refused. */
export const WARN_UNDER = 0.995;
export const REFUSE_UNDER = 0.98;

type Findings = Pick<CanaryEvent, "verdict" | "texts" | "worst" | "expected" | "mean">;

const checked = new Map<string, Promise<Findings>>();

/**
 * Runs the folder's canaries and compares the results with their fp32 vectors or logits, once per file and device in a process.
 * int8 arithmetic differs between processors, and some compute it wrongly without reporting anything.
 *
 * @throws BgeError `UNSUPPORTED_PLATFORM` below cosine 0.98
 */
export async function checkCanaries(
  engine: SharedEngine,
  spec: ModelSpec,
  source: OpenSource,
  canaries: Canaries | undefined,
): Promise<void> {
  if (canaries === undefined || !engine.info.outputs.includes(canaries.output)) return;
  const key = [source.fingerprint, source.device, canaries.hash].join(" ");
  const check = checked.get(key) ?? compare(engine, spec, source, canaries);
  checked.set(key, check);
  const findings = await check.catch((error: unknown) => {
    if (checked.get(key) === check) checked.delete(key);
    throw error;
  });
  if (findings.verdict === "refuse") throw refusal(spec, source, canaries, findings);
}

async function compare(
  engine: SharedEngine,
  spec: ModelSpec,
  source: OpenSource,
  canaries: Canaries,
): Promise<Findings> {
  const { dtype, device } = source;
  const watch = startStopwatch();
  const call = engine.open({ urgent: true, retryLost: true, maxQueuedTokens: Number.MAX_SAFE_INTEGER });
  const found = await canaries.measure(call, source, engine.info.frame).finally(() => call.close());
  const { cosine: worst, expected } = found.reduce((least, one) => (one.cosine < least.cosine ? one : least));
  const findings: Findings = {
    verdict: worst < REFUSE_UNDER ? "refuse" : worst < WARN_UNDER ? "warn" : "pass",
    texts: canaries.size,
    worst,
    ...(expected !== undefined && { expected }),
    mean: found.reduce((sum, { cosine }) => sum + cosine, 0) / found.length,
  };
  publish("bge-js:canary", () => ({ model: spec.id, dtype, device, ...findings, ...watch.read() }));
  if (findings.verdict === "warn") {
    const advice = `Do not mix its ${canaries.numbers} with those from another machine${dtype === "fp32" ? "" : ', or use dtype "fp32"'}.`;
    process.emitWarning(`${described(spec, source, canaries, findings)} ${advice}`, {
      type: "BgeWarning",
      code: "BGE_CANARY",
    });
  }
  return findings;
}

function refusal(spec: ModelSpec, source: OpenSource, canaries: Canaries, findings: Findings): BgeError {
  const advice =
    ` Use another dtype${source.dtype === "fp32" ? "" : ' ("fp32")'}` +
    `${source.device === "cpu" ? "" : ' or device: "cpu"'}, or download the files again. canaries: false loads the model anyway.`;
  const problem =
    `${described(spec, source, canaries, findings)} Either this ${source.device === "cpu" ? "processor" : "device"} computes such models ` +
    `wrongly, or the files in ${source.directory} do not belong together.`;
  return new BgeError("UNSUPPORTED_PLATFORM", problem + advice, { parameter: "dtype", advice });
}

function described(
  { id }: ModelSpec,
  { dtype, device }: OpenSource,
  { numbers }: Canaries,
  { worst, expected }: Findings,
): string {
  const there = expected === undefined ? "" : `, ${expected.toFixed(4)} where the file was built`;
  const of = numbers === "vectors" ? "for a test text" : "over its test pairs";
  return `${id} in ${dtype} on this ${device} does not match its fp32 ${numbers}: cosine ${worst.toFixed(4)} ${of}${there}.`;
}
