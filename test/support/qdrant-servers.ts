import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { hasLoopback } from "./loopback.js";
import { startQdrantDouble } from "./qdrant-double.js";

/** Something that answers as Qdrant does. */
export interface QdrantUnderTest extends AsyncDisposable {
  readonly url: string;
}

/** A Python with `qdrant-client` and `qdrant-edge-py`: see CONTRIBUTING.md. */
const PYTHON = process.env["BGE_JS_QDRANT_PYTHON"] ?? "python3";
const BRIDGE = fileURLToPath(new URL("qdrant-engine.py", import.meta.url));

/** All that can be had here, in order of truth: a server, Qdrant's own engines without one, this repository's double. */
export const SERVERS: readonly {
  readonly name: string;
  readonly isHere: boolean;
  /** Whether it reads requests as the server does, not only what they ask for. */
  readonly hasFront: boolean;
  readonly start: () => Promise<QdrantUnderTest>;
}[] = [
  {
    name: "a Qdrant server (QDRANT_URL)",
    isHere: process.env["QDRANT_URL"] !== undefined,
    hasFront: true,
    start: namedServer,
  },
  {
    name: "Qdrant's engine (qdrant-edge-py)",
    hasFront: false,
    isHere: hasEngine("qdrant_edge, qdrant_client"),
    start: () => startEngine("core"),
  },
  {
    name: "Qdrant's engine in Python (qdrant-client)",
    isHere: hasEngine("qdrant_client"),
    hasFront: false,
    start: () => startEngine(),
  },
  { name: "the double", isHere: hasLoopback, hasFront: true, start: startQdrantDouble },
];

async function namedServer(): Promise<QdrantUnderTest> {
  // Nothing to end: somebody else started it.
  return { url: process.env["QDRANT_URL"]!, [Symbol.asyncDispose]: async () => {} };
}

function hasEngine(modules: string): boolean {
  return hasLoopback && spawnSync(PYTHON, ["-c", `import ${modules}`], { stdio: "ignore" }).status === 0;
}

async function startEngine(...engine: "core"[]): Promise<QdrantUnderTest> {
  const child = spawn(PYTHON, ["-B", "-W", "ignore", BRIDGE, ...engine], { stdio: ["pipe", "pipe", "inherit"] });
  const [url] = (await once(createInterface(child.stdout), "line")) as [string];
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}
