import { join } from "node:path";
import { expect, test } from "vitest";
import { folderOf } from "../../../../test/support/folders.js";
import { gone, start } from "../../../../test/support/programs.js";
import { live, until } from "../../../../test/support/workers.js";
// Built files: Node 20 cannot start a process from TypeScript.
import { tryDevice } from "../../dist/engine/device-trial.js";

/** Runs a trial with another program and checks that its process is gone afterwards. */
async function trialBy(program: string, limitMs?: number): Promise<string | undefined> {
  const folder = folderOf({ "trial.mjs": program });
  const problem = await tryDevice("any", { entry: join(folder, "trial.mjs"), ...(limitMs && { limitMs }) });
  await until(() => live.size === 0);
  return problem;
}

test("a device that computes has no problem", async () => {
  expect(await tryDevice("cpu")).toBeUndefined();
  await until(() => live.size === 0);
});

test("a missing device has one, in a single line", async () => {
  for (const device of ["coreml", "dml", "nonsense"].filter((name) => name !== HERE[process.platform])) {
    expect(await tryDevice(device)).toMatch(/backend not found$/);
  }
  await until(() => live.size === 0);
});
const HERE: Partial<Record<NodeJS.Platform, string>> = { darwin: "coreml", win32: "dml" };

test("a hanging trial is ended", async () => {
  expect(await trialBy("for (;;);", 500)).toBe("no answer within 500 ms");
  expect(await trialBy("setInterval(() => {}, 1000);", 500)).toBe("no answer within 500 ms");
});

test("a crash is an answer, with the trial's output", async () => {
  expect(await trialBy('process.kill(process.pid, "SIGSEGV");')).toBe(
    "the trial ended without an answer (signal SIGSEGV)",
  );
  const aborted = await trialBy('console.error("driver: out\\nof luck"); process.abort();');
  expect(aborted).toMatch(/^the trial ended without an answer \(.*\): driver: out of luck/);
  expect(await trialBy("process.exit(3);")).toBe("the trial ended without an answer (exit code 3)");
  expect(await trialBy("process.disconnect();")).toBe("the trial ended without an answer (exit code 0)");
  expect(await tryDevice("any", { entry: "/no/such/program.mjs" })).toContain("the trial ended without an answer");
});

test("an answer counts, whatever comes after it", async () => {
  expect(await trialBy("process.send({}); process.abort();")).toBeUndefined();
  expect(await trialBy('process.send({ problem: "none\\nof that." }); setInterval(() => {}, 1000);')).toBe(
    "none of that",
  );
});

test("a long message keeps its end, where ONNX Runtime says what is wrong", async () => {
  const problem = await trialBy('process.send({ problem: "x".repeat(5000) + " no adapter" });');
  expect(problem!.length).toBeLessThanOrEqual(301);
  expect(problem).toMatch(/no adapter$/);
});

test("a trial does not outlive this process", async () => {
  const folder = folderOf({ "trial.mjs": "for (;;);" });
  const program = start(`
    import { tryDevice } from "./packages/core/dist/engine/device-trial.js";
    void tryDevice("any", { entry: ${JSON.stringify(join(folder, "trial.mjs"))} });
    setTimeout(() => process.exit(), 300);
  `);
  await program.ended;
  expect(program.workers()).toHaveLength(1);
  await gone(program.workers());
});
