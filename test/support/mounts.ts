import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const TESTS = fileURLToPath(new URL("..", import.meta.url));
/** Mounts that no other process sees, without the rights of root. */
const UNSHARE = ["unshare", "--map-root-user", "--mount"] as const;

/** True where a test may mount file systems of its own. */
export const canMount =
  process.platform === "linux" &&
  spawnSync(UNSHARE[0], [...UNSHARE.slice(1), "mount", "-t", "tmpfs", "none", tmpdir()]).status === 0;

/** Runs a script that mounts, with a module for Node in `$PROGRAM`. What it mounts is gone with it. */
export function inMounts(script: string, program: string): ChildProcessByStdio<Writable, Readable, null> {
  const child = spawn(UNSHARE[0], [...UNSHARE.slice(1), "sh", "-c", script], {
    cwd: TESTS,
    env: { ...process.env, PROGRAM: program },
    stdio: ["pipe", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}
