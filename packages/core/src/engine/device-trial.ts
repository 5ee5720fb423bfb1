import { type ChildProcess, fork } from "node:child_process";
import { messageOf } from "../api/errors.js";
import { clearTimeout, setTimeout } from "../clock.js";
import { entryFile } from "./entries.js";
import { workerPlace } from "./worker-environment.js";

interface Trial {
  /** The program of the process. */
  readonly entry?: string;
  readonly limitMs?: number;
}

/** A driver that starts cold may take seconds. */
const LIMIT_MS = 30_000;
const SHOWN_CHARACTERS = 300;

/**
 * Tries a device in a process of its own: a driver may hang, abort, or write to standard error. Gives why the device cannot be
 * used, or undefined if it can; never rejects.
 */
export function tryDevice(
  device: string,
  { entry = entryFile("deviceTrial"), limitMs = LIMIT_MS }: Trial = {},
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = fork(entry, [device], {
        execArgv: [],
        ...workerPlace(),
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      });
    } catch (error) {
      return resolve(`it cannot be tried: ${messageOf(error)}`);
    }
    let said = "";
    const kill = () => void child.kill("SIGKILL");
    process.once("exit", kill);
    const end = (problem: string | undefined) => {
      clearTimeout(timer);
      process.off("exit", kill);
      kill();
      resolve(problem);
    };
    const timer = setTimeout(() => end(`no answer within ${limitMs} ms`), limitMs);
    child.stderr!.on("data", (data) => {
      // What a driver says stands before what Node says of the crash.
      said = (said + String(data)).slice(0, SHOWN_CHARACTERS);
    });
    child.on("message", ({ problem }: { problem?: string }) =>
      end(problem === undefined ? undefined : shortened(problem)),
    );
    child.on("error", (error) => end(`it cannot be tried: ${error.message}`));
    // Behind an answer this changes nothing.
    child.on("close", (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      end(`the trial ended without an answer (${how})${said === "" ? "" : `: ${oneLine(said)}`}`);
    });
  });
}

/** A message of ONNX Runtime without the place in its source; of a long one the end, where it says what is wrong. */
function shortened(problem: string): string {
  const line = oneLine(problem)
    .replace(/^\/\S+:\d+ /, "")
    .replace(/\.$/, "");
  return line.length <= SHOWN_CHARACTERS ? line : `…${line.slice(-SHOWN_CHARACTERS)}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
