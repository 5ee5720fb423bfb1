import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TESTS = fileURLToPath(new URL("..", import.meta.url));

/** Prints `worker <pid>` for each worker process that the program starts. */
const TELL_WORKERS = `
  import { ChildProcess } from "node:child_process";
  const { spawn } = ChildProcess.prototype;
  ChildProcess.prototype.spawn = function (options) {
    const result = spawn.call(this, options);
    console.log("worker", this.pid);
    return result;
  };
`;

/** A program that runs: its output so far, the worker processes it has started, and its end. */
export interface Program {
  readonly child: ChildProcess;
  readonly output: { out: string; err: string };
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  workers(): number[];
  says(text: string): Promise<void>;
}

/** Starts a module in a Node process of its own, in the repository's root. It is killed if the test does not end it. */
export function start(
  source: string,
  {
    flags = [],
    env = {},
    detached = false,
  }: { flags?: string[]; env?: Record<string, string>; detached?: boolean } = {},
): Program {
  return follow(
    spawn(process.execPath, [...flags, "--input-type=module", "-e", TELL_WORKERS + source], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      detached,
    }),
  );
}

/** Starts a file, with flags before it. */
export function startFile(file: string, flags: readonly string[] = []): Program {
  return follow(spawn(process.execPath, [...flags, file], { cwd: ROOT }));
}

function follow(child: ChildProcess): Program {
  const output = { out: "", err: "" };
  child.stdout!.on("data", (data) => {
    output.out += String(data);
  });
  child.stderr!.on("data", (data) => {
    output.err += String(data);
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal })),
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    child,
    output,
    ended,
    workers: () => [...output.out.matchAll(/^worker (\d+)$/gm)].map(([, pid]) => Number(pid)),
    async says(text) {
      while (!output.out.includes(text)) {
        if (child.exitCode !== null) throw new Error(`it ended without saying ${text}: ${output.out}${output.err}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}

/** Runs a module from the tests' folder with arguments, kills it once it has said more than so many lines, and returns all it said. */
export async function toldUntilKilled(source: string, args: readonly string[], lines: number): Promise<string> {
  const child = spawn(process.execPath, ["--input-type=module", "-", ...args], {
    cwd: TESTS,
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(source);
  let told = "";
  const enough = new Promise<void>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      told += part;
      if (told.split("\n").length > lines) resolve();
    });
  });
  await Promise.race([enough, once(child, "exit")]);
  child.kill("SIGKILL");
  await once(child, "exit");
  return told;
}

/** Waits until none of these processes is there any more. */
export async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform === "win32") return true;
    // Nobody may have collected an orphan.
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}
