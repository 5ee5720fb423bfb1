import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openIngestQueue } from "@bge-js/ingest/bullmq";
import { QdrantClient } from "@qdrant/js-client-rest";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { parse } from "yaml";
import { NAME } from "../packages/ingest/src/queue/open.js";
import { CONCURRENCY } from "../packages/ingest/src/queue/worker.js";
import { loadTiny } from "./support/ingest-stores.js";
import { KEDA_SCHEMAS } from "./support/keda-schemas.js";
import { freePort } from "./support/loopback.js";
import { createStore, documentsTo, gate, whole } from "./support/memory-store.js";
import { startQdrantDouble } from "./support/qdrant-double.js";
import { hasRedis, startRedis } from "./support/redis.js";

// A worker with the packaged model is started.
vi.setConfig({ testTimeout: 60_000 });

/** What deploy/kubernetes-ingest says of the worker, the queue and KEDA, against what they are. */
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "deploy", "kubernetes-ingest");
const component = join(folder, "autoscaling");
// biome-ignore lint/suspicious/noExplicitAny: the manifests of several kinds
const manifest = (name: string): any => parse(readFileSync(join(folder, name), "utf8"));
const program = readFileSync(join(folder, "worker.mjs"), "utf8");
const deployment = manifest("deployment.yaml");
const { spec } = deployment.spec.template;
const [container] = spec.containers;
const { spec: scaled } = manifest("autoscaling/scaled-object.yaml");

/** Tools in Python, see CONTRIBUTING.md; where there are none, these tests are skipped and counted. */
const PYTHON = process.env["BGE_JS_CLIENTS_PYTHON"] ?? "python3";
const has = (module: string) => spawnSync(PYTHON, ["-c", `import ${module}`], { stdio: "ignore" }).status === 0;
const hasKubectl = spawnSync("kubectl", ["version", "--client"], { stdio: "ignore" }).status === 0;

describe("the workers' manifests", () => {
  test("are all in the kustomization and its component", () => {
    const filesOf = (path: string) => readdirSync(path).filter((name) => name.endsWith(".yaml"));
    for (const [name, path] of [
      ["kustomization.yaml", folder],
      ["autoscaling/kustomization.yaml", component],
    ] as const) {
      expect(["kustomization.yaml", ...manifest(name).resources].toSorted()).toEqual(filesOf(path).toSorted());
    }
  });

  test("give the program what it asks for, and look where it answers", () => {
    const [, names] = /^const \{([\w,\s]+)\}\s*=\s*process\.env;$/m.exec(program)!;
    const given = container.env.map(({ name }: { name: string }) => name);
    for (const [name] of names!.matchAll(/\w+/g)) if (name !== "QDRANT_API_KEY") expect(given).toContain(name);
    const value = (wanted: string) => container.env.find(({ name }: { name: string }) => name === wanted).value;
    const port = Number(value("METRICS_PORT"));
    expect(container.ports).toEqual([{ name: "metrics", containerPort: port }]);
    expect(deployment.spec.template.metadata.annotations).toMatchObject({
      "prometheus.io/port": String(port),
      "prometheus.io/path": "/metrics",
    });
    for (const probe of ["startupProbe", "livenessProbe"]) {
      expect(container[probe].httpGet).toEqual({ path: "/health", port: "metrics" });
    }
  });

  test("allow nothing that a worker does not need", () => {
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.securityContext.runAsNonRoot).toBe(true);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(container.resources.limits.cpu).toBe(container.resources.requests.cpu);
  });

  test("scale by room for all documents, at the address and with the password that the workers have", () => {
    expect(scaled.scaleTargetRef.name).toBe(deployment.metadata.name);
    expect(scaled.advanced.scalingModifiers.target).toBe(String(CONCURRENCY));
    const value = (wanted: string) => container.env.find(({ name }: { name: string }) => name === wanted);
    const { name: secret, key } = value("REDIS_PASSWORD").valueFrom.secretKeyRef;
    const authentication = manifest("autoscaling/trigger-authentication.yaml");
    expect(authentication.spec.secretTargetRef).toEqual([{ parameter: "password", name: secret, key }]);
    for (const { metadata, authenticationRef } of scaled.triggers) {
      expect(metadata.address).toBe(`${value("REDIS_HOST").value}:${value("REDIS_PORT").value}`);
      expect(metadata.listName).toMatch(new RegExp(`^bull:${NAME}:`));
      expect(authenticationRef.name).toBe(authentication.metadata.name);
    }
  });

  test.skipIf(!hasRedis)("scale by keys that hold what the queue says it holds", async () => {
    await using redis = await startRedis();
    await using embedder = await loadTiny();
    const client = new Redis(redis.connection);
    onTestFinished(() => void client.disconnect());
    await using queue = await openIngestQueue({ connection: redis.connection });

    /** As KEDA takes the length of a key, by its type; and the number of workers that it then wants. */
    async function wanted(): Promise<{ lengths: Record<string, number>; workers: number }> {
      const lengths: Record<string, number> = {};
      for (const { name, metadata } of scaled.triggers) {
        const type = await client.type(metadata.listName);
        lengths[name] = type === "zset" ? await client.zcard(metadata.listName) : await client.llen(metadata.listName);
      }
      const { formula, target } = scaled.advanced.scalingModifiers;
      // Arithmetic and a condition, which mean the same in JavaScript.
      const value = new Function(...Object.keys(lengths), `return ${formula}`)(...Object.values(lengths)) as number;
      return { lengths, workers: Math.min(scaled.maxReplicaCount, Math.ceil(value / Number(target))) };
    }
    const states = async () => {
      const { waiting, active, retrying } = await queue.status();
      return { waiting, active, retrying };
    };
    async function until(condition: (now: Awaited<ReturnType<typeof states>>) => boolean): Promise<void> {
      while (!condition(await states())) await sleep(10);
    }

    expect(await wanted()).toEqual({ lengths: { waiting: 0, active: 0, retrying: 0 }, workers: 0 });
    const call = queue.ingest(documentsTo(300));
    await until(({ waiting }) => waiting === 300);
    expect(await wanted()).toEqual({ lengths: await states(), workers: 3 });
    const { opened, open } = gate();
    let isAway = true;
    const { store } = createStore(async () => {
      await opened;
      if (isAway) throw new Error("no disk");
    });
    await using worker = await queue.work({ store, embedder, ...whole, onError: () => {} });
    await until(({ active }) => active === CONCURRENCY);
    expect(await wanted()).toEqual({
      lengths: { waiting: 300 - CONCURRENCY, active: CONCURRENCY, retrying: 0 },
      workers: 3,
    });
    open();
    // Not down to none while a store is away.
    await until(({ retrying }) => retrying > 0);
    expect((await wanted()).workers).toBeGreaterThan(0);
    isAway = false;
    await call;
    expect(await wanted()).toMatchObject({ workers: 0 });
    await worker.dispose();
  });

  test.skipIf(!hasKubectl)("are ones that kubectl builds, with the component and without", () => {
    const build = (path: string) => {
      const { status, stdout, stderr } = spawnSync("kubectl", ["kustomize", path], { encoding: "utf8" });
      expect({ status, stderr }).toMatchObject({ status: 0 });
      return stdout.split(/^---$/m).map((text) => parse(text));
    };
    expect(build(folder).map(({ kind }) => kind)).toEqual(["Deployment"]);
    const overlay = mkdtempSync(join(tmpdir(), "overlay-"));
    onTestFinished(() => rmSync(overlay, { recursive: true }));
    const kustomization = { resources: [relative(overlay, folder)], components: [relative(overlay, component)] };
    writeFileSync(join(overlay, "kustomization.yaml"), JSON.stringify(kustomization));
    const built = build(overlay);
    expect(built.map(({ kind }) => kind).sort()).toEqual(["Deployment", "ScaledObject", "TriggerAuthentication"]);
    const of = (kind: string) => built.find((one) => one.kind === kind);
    const { template, selector } = of("Deployment").spec;
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(of("ScaledObject").spec.scaleTargetRef.name).toBe(of("Deployment").metadata.name);
  });

  test.skipIf(!has("kubernetes_validate"))("are what Kubernetes' own schemas say", () => {
    const validate = ["-m", "kubernetes_validate", "--strict", join(folder, "deployment.yaml")];
    const { status, stdout, stderr } = spawnSync(PYTHON, validate, { encoding: "utf8" });
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
  });

  test.skipIf(!has("jsonschema"))("are what KEDA's definitions say", () => {
    const check = `
import json, sys, jsonschema
for schema, instance in json.load(sys.stdin):
    jsonschema.Draft202012Validator.check_schema(schema)
    for error in jsonschema.Draft202012Validator(schema).iter_errors(instance):
        print(instance["kind"], error.json_path, error.message)`;
    const complaints = (instances: readonly { kind: string }[]) => {
      const input = JSON.stringify(instances.map((one) => [KEDA_SCHEMAS[one.kind], one]));
      const { status, stdout, stderr } = spawnSync(PYTHON, ["-c", check], { input, encoding: "utf8" });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      return stdout;
    };
    const given = ["scaled-object.yaml", "trigger-authentication.yaml"].map((name) => manifest(`autoscaling/${name}`));
    expect(complaints(given)).toBe("");
    const wrong = structuredClone(given[0]);
    wrong.spec.maxReplicas = 8;
    wrong.spec.triggers[0].metadata.listLength = 128;
    expect(complaints([wrong]).trim().split("\n")).toHaveLength(2);
  });
});

test.skipIf(!hasRedis)(
  "the workers' program ingests, tells how far it is, and ends with what it has done",
  async () => {
    await using redis = await startRedis();
    const qdrant = await startQdrantDouble();
    onTestFinished(() => qdrant[Symbol.asyncDispose]());
    const port = await freePort();
    const { host, port: redisPort } = redis.connection;
    const env = {
      ...process.env,
      REDIS_HOST: host,
      REDIS_PORT: String(redisPort),
      QDRANT_URL: qdrant.url,
      QDRANT_COLLECTION: "docs",
      METRICS_PORT: String(port),
    };
    const child = spawn(process.execPath, [join(folder, "worker.mjs")], {
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = once(child, "exit");
    await using queue = await openIngestQueue({ connection: redis.connection });
    const documents = ["Small dogs travel free on all our trains.", "Tickets are cheaper two weeks ahead."];
    expect(await queue.ingest(documents)).toMatchObject({ queued: 2, failed: 0 });
    const client = new QdrantClient({ url: qdrant.url, checkCompatibility: false });
    expect((await client.scroll("docs", { limit: 10 })).points).toHaveLength(2);
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return [response.status, await response.text()] as const;
    };
    expect(await ask("/health")).toEqual([200, "ok\n"]);
    expect((await ask("/metrics"))[1]).toContain(`bullmq_job_completed_total{queue="${NAME}"} 2\n`);
    expect((await ask("/else"))[0]).toBe(404);
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  },
);
