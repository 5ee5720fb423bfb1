import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { BGE } from "../support/bge.js";
import { folderOf } from "../support/folders.js";

const readme = readFileSync(new URL("../../packages/cli/README.md", import.meta.url), "utf8");
const programs = [...readme.matchAll(/```sh\n(.*?)```\s+```text\n(.*?)```/gs)].map(([, command, output]) => ({
  command: command!,
  output: output!,
}));

/** Processors differ in the last digits. */
const rounded = (text: string) => text.replace(/-?\d+\.\d+/g, (number) => Number(number).toFixed(1));

describe.skipIf(process.platform === "win32")("packages/cli/README.md", () => {
  test("has commands with their output", () => {
    expect(programs.length).toBeGreaterThan(4);
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
