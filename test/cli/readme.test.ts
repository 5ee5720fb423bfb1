import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { BGE } from "../support/bge.js";
import { folderOf } from "../support/folders.js";

/** Pages with commands, and how many of them show their output. */
const PAGES = [
  ["packages/cli/README.md", 6],
  ["docs/start/command-line.md", 2],
] as const;

function programsOf(file: string) {
  const page = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  return [...page.matchAll(/```sh\n([^`]*)```\s+```text\n(.*?)```/gs)].map(([, command, output]) => ({
    command: command!,
    output: output!,
  }));
}

/** Processors differ in the last digits. */
const rounded = (text: string) => text.replace(/-?\d+\.\d+/g, (number) => Number(number).toFixed(1));

describe.skipIf(process.platform === "win32").each(PAGES)("%s", (file, count) => {
  const programs = programsOf(file);

  test("has commands with their output", () => {
    expect(programs).toHaveLength(count);
  });

  test.each(programs)("$command", ({ command, output }) => {
    const notes = folderOf();
    cpSync(fileURLToPath(new URL("../fixtures/notes", import.meta.url)), notes, { recursive: true });
    // The command as npm installs it.
    const bin = folderOf({});
    writeFileSync(join(bin, "bge"), `#!/bin/sh\nexec "${process.execPath}" "${BGE}" "$@"\n`);
    chmodSync(join(bin, "bge"), 0o755);
    const { stdout } = spawnSync("sh", ["-c", command], {
      cwd: notes,
      encoding: "utf8",
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"]}` },
    });
    expect(rounded(stdout)).toBe(rounded(output));
  });
});
