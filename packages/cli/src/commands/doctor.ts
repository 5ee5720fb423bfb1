import type { Context } from "../context.js";
import { runBenchmark } from "../doctor/benchmark.js";
import { checkModel, type ModelCheck } from "../doctor/check-models.js";
import { type Machine, readMachine } from "../doctor/machine.js";
import { type Diagnosis, toReport } from "../doctor/report.js";
import { EXIT } from "../exit.js";
import { createProgress } from "../progress.js";
import { isLocal, listModels } from "./models.js";

/** The default models need about this much. */
const ENOUGH_BYTES = 500e6;

/** Checks this machine, and writes a report. Returns the exit code. */
export async function doctor(
  flags: { readonly json?: boolean; readonly benchmark: boolean },
  { signal, print }: Context,
): Promise<number> {
  const machine = await readMachine();
  const local = (await listModels()).models.filter((model) => isLocal(model) && model.needs === undefined);
  const progress = createProgress("checking models");
  const models: ModelCheck[] = [];
  for (const model of local) {
    signal.throwIfAborted();
    progress.update(models.length, local.length);
    models.push(await checkModel(model, signal));
  }
  const checks = { ...machine, telemetry: telemetry(), models };
  const problems = problemsOf(checks);
  // Broken models cannot be measured.
  const benchmark = flags.benchmark && problems.length === 0 ? await runBenchmark(signal) : undefined;
  progress.finish();
  const diagnosis: Diagnosis = { ...checks, ...(benchmark && { benchmark }), problems };
  await print(flags.json ? `${JSON.stringify(diagnosis)}\n` : toReport(diagnosis));
  return problems.length > 0 ? EXIT.partly : EXIT.ok;
}

/** Whether ONNX Runtime may report: see docs/privacy.md. bge turns it off, unless the user turned it on. */
function telemetry(): Diagnosis["telemetry"] {
  if (process.platform === "win32") return "the system's setting";
  return [undefined, "1"].includes(process.env["ORT_DISABLE_TELEMETRY"]) ? "off" : "on";
}

function problemsOf({
  memory,
  telemetry: reports,
  models,
}: Machine & Pick<Diagnosis, "telemetry" | "models">): string[] {
  const problems = models.flatMap(({ id, problem }) => (problem === undefined ? [] : [`${id}: ${problem}`]));
  if (!models.some(({ from }) => from === "package"))
    problems.push("no model package is installed: npm install -g @bge-js/cli");
  if (reports === "on") problems.push("ONNX Runtime's telemetry is on, because ORT_DISABLE_TELEMETRY is not 1");
  if (memory.available < ENOUGH_BYTES) problems.push("less than 500 MB of memory are available");
  return problems;
}
