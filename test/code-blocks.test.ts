import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { describe, expect, test } from "vitest";
// @ts-expect-error: no types
import { PAGES as pages } from "../site/pages.mjs";

/** Every code block of every page is in its language. Those with an output are run, too: `readme.test.ts`, `cli/readme.test.ts`. */
const PAGES = pages as readonly string[];
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const LANGUAGES = new Set(["console", "js", "json", "python", "sh", "text", "toml", "ts", "yaml"]);
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const root = fileURLToPath(new URL("..", import.meta.url));

interface Block {
  readonly language: string;
  readonly code: string;
}

function blocksOf(file: string): Block[] {
  return [...read(file).matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms)].map(([, indent, language, code]) => ({
    language: language!,
    code: code!.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** What a program says of code on its standard input, or nothing if it can read it. */
function complaint(command: string, args: readonly string[], code: string): string {
  const { status, stderr, error } = spawnSync(command, args, { input: code, encoding: "utf8", cwd: root });
  return status === 0 ? "" : `${error ?? stderr}`;
}

describe.each(PAGES.map((file) => ({ file, blocks: blocksOf(file) })))("$file", ({ file, blocks }) => {
  test("its fences are closed, and say their language", () => {
    expect(read(file).match(/^ *```/gm) ?? []).toHaveLength(2 * blocks.length);
    for (const { language, code } of blocks) expect([...LANGUAGES], code).toContain(language);
  });

  test("js and ts compile, json parses", async () => {
    for (const { language, code } of blocks) {
      if (language === "js" || language === "ts") {
        await transform(code, { loader: "ts", format: "esm", target: "esnext", logLevel: "silent" });
      }
      if (language === "json") expect(() => JSON.parse(code), code).not.toThrow();
    }
  });

  const commands = blocks.filter(({ language }) => language === "sh");
  if (commands.length > 0) {
    test.skipIf(process.platform === "win32")("sh is shell", () => {
      for (const { code } of commands) expect(complaint("bash", ["-n"], code)).toBe("");
    });
  }

  const programs = blocks.filter(({ language }) => language === "python");
  if (programs.length > 0) {
    test.skipIf(!hasPython)("python compiles", () => {
      for (const { code } of programs) {
        expect(complaint("python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"], code)).toBe("");
      }
    });
  }
});
