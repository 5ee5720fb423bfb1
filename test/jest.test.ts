import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PackedProject, packedProject } from "./support/packed.js";

const JEST = join(dirname(createRequire(import.meta.url).resolve("jest/package.json")), "bin", "jest.js");
const FIXTURES = fileURLToPath(new URL("fixtures/jest/", import.meta.url));
const RECIPE = readFileSync(new URL("../docs/testing.md", import.meta.url), "utf8");

let project: PackedProject;
beforeAll(() => {
  project = packedProject();
});
afterAll(() => project.remove());

/** A file as docs/testing.md writes it down. */
function fromRecipe(name: string): void {
  const [, text] = RECIPE.split(`\`\`\`js\n// ${name}\n`);
  writeFileSync(join(project.directory, name), text!.slice(0, text!.indexOf("```")));
}

/** Runs one test file in the project; gives the counts of its tests, with all that Jest said. */
function runJest(fixture: string, config: string, flags: readonly string[] = []) {
  const file = fixture.replace(".", ".test.");
  copyFileSync(join(FIXTURES, fixture), join(project.directory, file));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, JEST, "--rootDir", project.directory, "--config", config, "--ci", "--json", "--testTimeout=60000", file],
    // Test runners that pnpm starts find its whole store by NODE_PATH.
    { cwd: project.directory, encoding: "utf8", env: { ...process.env, NODE_PATH: "" } },
  );
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(stdout || "{}");
  return { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, said: stderr };
}

const ALL_PASSED = { numPassedTests: 3, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };

test("Jest with ES modules", () => {
  const config = JSON.stringify({ testMatch: ["**/*.test.mjs"], transform: {} });
  const { said, ...counts } = runJest("modules.mjs", config, ["--experimental-vm-modules"]);
  expect(counts, said).toEqual(ALL_PASSED);
});

test("Jest by default, with the files of docs/testing.md", () => {
  fromRecipe("bge-environment.cjs");
  fromRecipe("jest.config.cjs");
  const { said, ...counts } = runJest("required.cjs", join(project.directory, "jest.config.cjs"));
  expect(counts, said).toEqual(ALL_PASSED);
});
