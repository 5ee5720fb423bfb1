import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "@bge-js/server";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { settingsOf } from "../packages/server/src/options.js";
import { GET, POST } from "../packages/server/src/routes.js";
import { hasLoopback } from "./support/loopback.js";
import { fixture } from "./support/models.js";

/** What deploy/ says of the command, the server and the packages, against what they are. */
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "deploy", "kubernetes");
const read = (path: string) => readFileSync(join(root, path), "utf8");
// biome-ignore lint/suspicious/noExplicitAny: the manifests of several kinds
const manifest = (name: string): any => parse(read(`deploy/kubernetes/${name}`));
const dockerfile = read("deploy/Dockerfile");
const { spec } = manifest("deployment.yaml").spec.template;
const [container] = spec.containers;

/** Tools in Python, see CONTRIBUTING.md; where there are none, these tests are skipped and counted. */
const PYTHON = process.env["BGE_JS_CLIENTS_PYTHON"] ?? "python3";
const has = (module: string) => spawnSync(PYTHON, ["-c", `import ${module}`], { stdio: "ignore" }).status === 0;
const HADOLINT = PYTHON.includes("/") ? join(dirname(PYTHON), "hadolint") : "hadolint";
const hasHadolint = spawnSync(HADOLINT, ["--version"], { stdio: "ignore" }).status === 0;
const hasKubectl = spawnSync("kubectl", ["version", "--client"], { stdio: "ignore" }).status === 0;

/** The options that `bge serve` takes, as its help has them. */
function optionsOfServe(): string[] {
  const program = join(root, "packages/cli/dist/main.js");
  const { stdout } = spawnSync(process.execPath, [program, "serve", "--help"], { encoding: "utf8" });
  return [...stdout.matchAll(/--[a-z-]+/g)].map(([option]) => option);
}

describe("the image", () => {
  test("runs a command that there is, as nobody of importance, on the port that it tells", () => {
    const command = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)![1]!) as string[];
    expect(command[0]).toBe("serve");
    const options = command.filter((part) => part.startsWith("--"));
    expect(optionsOfServe()).toEqual(expect.arrayContaining(options));
    expect(command[command.indexOf("--port") + 1]).toBe(/^EXPOSE (\d+)$/m.exec(dockerfile)![1]);
    const last = dockerfile.slice(dockerfile.lastIndexOf("FROM"));
    const [, user] = /^USER (\d+):\d+$/m.exec(last)!;
    expect(Number(user)).toBeGreaterThan(0);
    expect(last).toContain("HEALTHCHECK");
  });

  test("starts the command from the place that the package names", () => {
    const [, main] = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)![1]!) as string[];
    const { bin } = JSON.parse(read("packages/cli/package.json"));
    expect(main).toBe(join("/app/node_modules/@bge-js/cli", bin.bge));
  });

  test("copies files that are there", () => {
    const named = [...dockerfile.matchAll(/\b(?:deploy|tools)\/[\w.-]+/g)].map(([file]) => file);
    expect(named).toContain("deploy/pack.mjs");
    for (const file of named) {
      expect(existsSync(join(root, file)), file).toBe(true);
    }
  });

  test.skipIf(!hasHadolint)("is what hadolint wants", () => {
    const { status, stdout } = spawnSync(HADOLINT, ["deploy/Dockerfile"], { cwd: root, encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });
});

describe("the manifests", () => {
  test("are all in the kustomization", () => {
    const files = readdirSync(folder).filter((name) => name !== "kustomization.yaml");
    expect(manifest("kustomization.yaml").resources.toSorted()).toEqual(files.toSorted());
  });

  test("start the server with options that it has, and read what it serves", async () => {
    const options = container.args.filter((part: string) => part.startsWith("--"));
    expect(optionsOfServe()).toEqual(expect.arrayContaining(options));
    const port = String(container.ports[0].containerPort);
    expect(container.args[container.args.indexOf("--port") + 1]).toBe(port);
    expect(manifest("network.yaml").spec.ingress[0].ports).toEqual([{ protocol: "TCP", port: Number(port) }]);
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
      expect(container[probe].httpGet).toEqual({ path: "/health", port: "http" });
    }
    expect({ ...GET, ...POST }).not.toHaveProperty("/health");
    const named = container.env.map(({ name }: { name: string }) => name);
    expect(named).toContain(container.args[container.args.indexOf("--key-env") + 1]);
  });

  test("leave the server the time that it takes to end", () => {
    const [, sleep] = /(\d+)\)$/.exec(container.lifecycle.preStop.exec.command.at(-1))!;
    const { graceMs } = settingsOf({});
    expect(1000 * spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(sleep) + graceMs);
  });

  test("allow no connection out, and nothing that a server does not need", () => {
    const { policyTypes, egress } = manifest("network.yaml").spec;
    expect([policyTypes, egress]).toEqual([["Ingress", "Egress"], []]);
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.securityContext.runAsNonRoot).toBe(true);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(container.resources.limits).toMatchObject({ cpu: container.resources.requests.cpu });
  });

  test.skipIf(!hasLoopback)("scale by a number that the server has", async () => {
    const [{ pods }] = manifest("autoscaler.yaml").spec.metrics;
    await using server = await serve({ embedder: fixture("tiny-bert-cls"), port: 0 });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(new RegExp(`^# TYPE ${pods.metric.name} gauge$`, "m"));
    expect(read("docs/deployment.md")).toContain(pods.metric.name);
  });

  test.skipIf(!hasKubectl)("are one that kubectl builds, whose selectors meet", () => {
    const { status, stdout } = spawnSync("kubectl", ["kustomize", folder], { encoding: "utf8" });
    expect(status).toBe(0);
    const built = stdout.split(/^---$/m).map((text) => parse(text));
    const of = (kind: string) => built.find((one) => one.kind === kind);
    const { labels } = of("Deployment").spec.template.metadata;
    for (const selector of [
      of("Deployment").spec.selector.matchLabels,
      of("Service").spec.selector,
      of("PodDisruptionBudget").spec.selector.matchLabels,
      of("NetworkPolicy").spec.podSelector.matchLabels,
    ]) {
      expect(labels).toMatchObject(selector);
    }
    // Clients need the label that docs/deployment.md names, and no other.
    const [{ from }] = of("NetworkPolicy").spec.ingress;
    expect(from[0].podSelector.matchLabels).toEqual({ "bge-js/client": "true" });
    expect(of("HorizontalPodAutoscaler").spec.scaleTargetRef.name).toBe(of("Deployment").metadata.name);
  });

  test.skipIf(!has("kubernetes_validate"))("are what Kubernetes' own schemas say", () => {
    const files = manifest("kustomization.yaml").resources.map((name: string) => join(folder, name));
    const validate = ["-m", "kubernetes_validate", "--strict", ...files];
    const { status, stdout, stderr } = spawnSync(PYTHON, validate, { encoding: "utf8" });
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
  });
});
