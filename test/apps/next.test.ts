import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installedExample, runsExamples } from "../support/installed-example.js";
import { freePort } from "../support/loopback.js";
import type { PackedProject } from "../support/packed.js";

const ENV = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_PATH: "" };

describe.skipIf(!runsExamples)("examples/next", () => {
  let project: PackedProject;
  beforeAll(() => {
    project = installedExample("examples/next");
  }, 600_000);
  afterAll(() => project?.remove());

  describe.each([
    ["Turbopack", []],
    ["webpack", ["--webpack"]],
  ])("built by %s", (_, flags) => {
    test("answers from the standalone folder alone", async () => {
      execFileSync("npx", ["next", "build", ...flags], { cwd: project.directory, env: ENV, stdio: "pipe" });
      // Elsewhere, so that nothing is found in the project that was not traced.
      const deployed = mkdtempSync(join(tmpdir(), "bge-js-standalone-"));
      cpSync(join(project.directory, ".next", "standalone"), deployed, { recursive: true, verbatimSymlinks: true });
      const port = await freePort();
      const server = spawn(process.execPath, ["server.js"], {
        cwd: deployed,
        env: { ...ENV, PORT: String(port), HOSTNAME: "127.0.0.1" },
      });
      try {
        await new Promise((resolve) =>
          server.stdout.on("data", (data) => String(data).includes("Ready") && resolve(0)),
        );
        const url = `http://127.0.0.1:${port}`;
        const answer = await fetch(`${url}/api/search?q=${encodeURIComponent("Can I bring my dog?")}`);
        const found = (await answer.json()) as unknown[];
        expect(found[0]).toMatchObject({ title: "Do pets need a ticket?" });
        expect((await fetch(`${url}/api/search`)).status).toBe(400);
        const page = await (await fetch(`${url}/?q=late`)).text();
        expect(page).toContain("<h2>My train was late. What do I get?</h2>");
      } finally {
        server.kill();
        rmSync(deployed, { recursive: true, force: true });
      }
    }, 600_000);
  });
});
