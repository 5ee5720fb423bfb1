import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newerNode } from "../support/extra.js";
import { installedExample, runsExamples } from "../support/installed-example.js";
import type { PackedProject } from "../support/packed.js";

describe.skipIf(!runsExamples || newerNode === undefined)("examples/mastra", () => {
  let project: PackedProject;
  beforeAll(() => {
    project = installedExample("examples/mastra");
  }, 600_000);
  afterAll(() => project?.remove());

  test("prints what its README shows, and nothing else", () => {
    const readme = readFileSync(join(project.directory, "README.md"), "utf8");
    const [, shown] = /```text\n(.*?)```/s.exec(readme)!;
    const { stdout, stderr } = spawnSync(newerNode!, ["main.mjs"], { cwd: project.directory, encoding: "utf8" });
    expect({ stdout, stderr }).toEqual({ stdout: shown, stderr: "" });
  });
});
