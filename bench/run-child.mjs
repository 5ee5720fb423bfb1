import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const CHILD = fileURLToPath(new URL("./child.mjs", import.meta.url));
const SHOWN_CHARACTERS = 600;
/** For leaving, once the result is told. */
const EXIT_MS = 30_000;

/**
 * Runs one measurement in a fresh process; resolves to `{ result }`, or `{ error }` when it failed or took longer than
 * `limitMs`: one contender's failure must not cost the run.
 */
export function runChild(job, limitMs = 15 * 60_000) {
  return new Promise((resolve) => {
    const spawned = performance.timeOrigin + performance.now();
    const started = { ...job, settings: { ...job.settings, spawned } };
    const child = fork(CHILD, [JSON.stringify(started)], { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let errors = "";
    let answer;
    const end = (error) => {
      answer = { error };
      child.kill("SIGKILL");
    };
    let timer = setTimeout(end, limitMs, `took more than ${limitMs / 1000} s`);
    child.stderr.on("data", (chunk) => {
      errors = (errors + chunk).slice(-20 * SHOWN_CHARACTERS);
    });
    child.on("message", (message) => {
      answer = message;
      clearTimeout(timer);
      timer = setTimeout(end, EXIT_MS, "did not end by itself after its result");
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve(answer ?? { error: `ended with ${signal ?? `code ${code}`}: ${firstWords(errors)}` });
    });
  });
}

function firstWords(text) {
  const line = text.split("\n").find((one) => /error/i.test(one)) ?? text;
  return line.trim().slice(0, SHOWN_CHARACTERS);
}
