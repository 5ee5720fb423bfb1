import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly child: ChildProcess;
  /** Resolves when the program has loaded and begins to work. */
  readonly begun: Promise<void>;
  readonly ended: Promise<Ended>;
}

/** Starts pull-program.mjs with the built packages. */
export function startProgram(mode: "pull" | "load", id: string, env: Readonly<Record<string, string>>): Program {
  const child = spawn(process.execPath, ["--import", here("kill-at.mjs"), here("pull-program.mjs"), mode, id], {
    env: { ...process.env, ...env },
  });
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const begun = new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      resolve();
    });
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { child, begun: Promise.race([begun, ended.then(() => {})]), ended };
}

/** What the program printed at its end. */
export function result<T>({ stdout, stderr, code }: Ended): T {
  if (code !== 0) throw new Error(`the program ended with ${code}: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as T;
}
