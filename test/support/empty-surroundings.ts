import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { addFiles, folderOf } from "./folders.js";
import { everyFile } from "./hub/cache.js";

/** Where ptrace is allowed, too. */
export const hasStrace =
  process.platform === "linux" && spawnSync("strace", ["-qq", "-o", "/dev/null", "true"]).status === 0;

export interface Run {
  readonly out: string[];
  readonly err: string;
  readonly code: number | null;
  /** Files left in the home, in the temporary folder and in the working folder. */
  readonly files: string[];
  /** Internet sockets that were connected or sent to. */
  readonly network: string[];
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly traced?: boolean;
  /** Files in the working folder beforehand. */
  readonly given?: Readonly<Record<string, string | Uint8Array>>;
  readonly input?: string;
  /** Another program than Node. */
  readonly program?: string;
  /** Files of that program's own, by the beginning of their path. */
  readonly ignored?: string;
}

/**
 * Runs Node with these arguments in an empty home, temporary and working folder, with nothing else in its environment: ONNX
 * Runtime is silent under `CI`.
 */
export async function runInEmptySurroundings(
  args: readonly string[],
  { env = {}, traced = false, given = {}, input = "", program = process.execPath, ignored }: RunOptions = {},
): Promise<Run> {
  const [folder, trace] = [folderOf({ "home/.keep": "", "tmp/.keep": "", "cwd/.keep": "" }), join(folderOf(), "trace")];
  addFiles(join(folder, "cwd"), given);
  const command = [program, ...args];
  const strace = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", trace];
  const [first, ...rest] = traced ? [...strace, ...command] : command;
  const child = spawn(first!, rest, {
    cwd: join(folder, "cwd"),
    env: { HOME: join(folder, "home"), TMPDIR: join(folder, "tmp"), PATH: process.env["PATH"], ...env },
    stdio: "pipe",
  });
  child.stdin.on("error", () => {}).end(input);
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => {
    out += String(data);
  });
  child.stderr.on("data", (data) => {
    err += String(data);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const network = existsSync(trace) ? readFileSync(trace, "utf8").split("\n") : [];
  const before = new Set(Object.keys(given).map((name) => `cwd/${name}`));
  const isOurs = (name: string) =>
    !name.endsWith("/.keep") && !before.has(name) && (ignored === undefined || !name.startsWith(ignored));
  return {
    out: out.split("\n").filter(Boolean),
    err,
    code,
    files: everyFile(folder).filter(isOurs),
    network: network.filter((line) => line.includes("AF_INET")),
  };
}
