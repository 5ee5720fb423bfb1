import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installedExample, runsExamples } from "../support/installed-example.js";
import type { PackedProject } from "../support/packed.js";

/** Electron itself cannot be had from the registry. What docs/bundlers.md unpacks can be tried without it. */
const PAGE = readFileSync(fileURLToPath(new URL("../../docs/bundlers.md", import.meta.url)), "utf8");

describe.skipIf(!runsExamples)("an Electron application's archive", () => {
  let project: PackedProject;
  beforeAll(() => {
    project = installedExample("test/fixtures/electron");
  }, 600_000);
  afterAll(() => project?.remove());

  test("what the page unpacks runs without the archive", () => {
    const [, json] = /```json\n(.*?)```/s.exec(PAGE.slice(PAGE.indexOf("\n## Electron")))!;
    const patterns: string[] = JSON.parse(json!).build.asarUnpack;
    const folder = mkdtempSync(join(tmpdir(), "bge-js-asar-"));
    const archive = join(folder, "resources", "app.asar");
    mkdirSync(join(folder, "resources"));
    const asar = join(project.directory, "node_modules", "@electron", "asar", "bin", "asar.js");
    execFileSync(process.execPath, [
      asar,
      "pack",
      project.directory,
      archive,
      "--unpack",
      `${project.directory}/{${patterns.join(",")}}`,
    ]);
    const unpacked = `${archive}.unpacked`;
    expect(existsSync(archive)).toBe(true);
    expect(existsSync(join(unpacked, "node_modules", "@electron"))).toBe(false);
    const printed = execFileSync(process.execPath, ["models.js"], { cwd: unpacked, encoding: "utf8" });
    expect(printed).toBe("384\n384\n#0\n");
    rmSync(folder, { recursive: true });
  });
});
