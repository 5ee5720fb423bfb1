import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** The built command, started as users start it: in a process of its own. */
export const BGE = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export function startBge(args: readonly string[], { env, cwd }: Omit<RunOptions, "input"> = {}): ChildProcess {
  return spawn(process.execPath, [BGE, ...args], { env: { ...process.env, ...env }, cwd, stdio: "pipe" });
}

/** Runs `bge` to its end. Without `input`, standard input is empty. */
export async function bge(args: readonly string[], { input = "", ...options }: RunOptions = {}): Promise<Ended> {
  const child = startBge(args, options);
  // A command that refuses its arguments reads nothing.
  child.stdin!.on("error", () => {}).end(input);
  return ended(child);
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const [out, err, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, "close")]);
  return { code, out, err };
}

/** The lines of JSON that a command wrote. */
export function jsonLines<T = Record<string, unknown>>(out: string): T[] {
  return out
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}
