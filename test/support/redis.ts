import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { freePort, hasLoopback } from "./loopback.js";

/** A Redis or Valkey server's program: see CONTRIBUTING.md. */
const SERVER = [process.env["BGE_JS_REDIS_SERVER"], "redis-server", "valkey-server"].find(
  (name) => name !== undefined && hasLoopback && spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);

export const hasRedis = SERVER !== undefined;

export interface RedisUnderTest extends AsyncDisposable {
  readonly connection: { readonly host: string; readonly port: number };
}

/** Starts a server that keeps nothing on disk, or all of it in a directory. */
export async function startRedis(
  given: { readonly port?: number; readonly directory?: string } = {},
): Promise<RedisUnderTest> {
  const { port = await freePort(), directory } = given;
  const kept = directory === undefined ? ["--appendonly", "no"] : ["--appendonly", "yes", "--dir", directory];
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", ...kept];
  const child = spawn(SERVER!, flags, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(child.stdout)) if (line.includes("eady to accept connections")) break;
  child.stdout.resume();
  return {
    connection: { host: "127.0.0.1", port },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
