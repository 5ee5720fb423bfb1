import { type ChildProcess, fork } from "node:child_process";
import { messageOf } from "../api/errors.js";
import { clearTimeout, setTimeout } from "../clock.js";
import { entryFile } from "./entries.js";
import { plugNPlayFlags } from "./plug-n-play.js";
import { workerPlace } from "./worker-environment.js";

interface Trial {
  /** The program of the process. */
  readonly entry?: string;
  readonly limitMs?: number;
}

/** A cold driver may take seconds to start. */
const LIMIT_MS = 30_000;
const SHOWN_CHARACTERS = 300;

/**
 * Tries a device in a separate process, because a driver may hang, abort or write to standard error. Resolves to the
 * reason why the device cannot be used, or to undefined if it can. Never rejects.
 */
export function tryDevice(
  device: string,
  { entry = entryFile("deviceTrial"), limitMs = LIMIT_MS }: Trial = {},
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = fork(entry, [device], {
        execArgv: plugNPlayFlags(),
        ...workerPlace(),
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      });
    } catch (error) {
      return resolve(`it could not be tried: ${messageOf(error)}`);
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
      // Keep the beginning: the driver's own output comes before Node's crash report.
      said = (said + String(data)).slice(0, SHOWN_CHARACTERS);
    });
    child.on("message", ({ problem }: { problem?: string }) =>
      end(problem === undefined ? undefined : shortened(problem)),
    );
    child.on("error", (error) => end(`it could not be tried: ${error.message}`));
    // No effect after an answer.
    child.on("close", (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      end(`the trial ended without an answer (${how})${said === "" ? "" : `: ${oneLine(said)}`}`);
    });
  });
}

/** Strips the source location from an ONNX Runtime message. Keeps the end of a long one, which says what is wrong. */
function shortened(problem: string): string {
  const line = oneLine(problem)
    .replace(/^\/\S+:\d+ /, "")
    .replace(/\.$/, "");
  return line.length <= SHOWN_CHARACTERS ? line : `…${line.slice(-SHOWN_CHARACTERS)}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
