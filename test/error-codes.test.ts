import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/** docs/errors.md against the source: every code has an entry, every entry a code, and quoted messages are those of the code. */
const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(`${root}/docs/errors.md`, "utf8");
const entries = page.split(/^(?=#{1,3} )/m).flatMap((text) => {
  const code = /^#{2,3} ([A-Z]+(?:_[A-Z]+)*)\n/.exec(text)?.[1];
  return code === undefined ? [] : [{ code, text }];
});

const sources = readdirSync(`${root}/packages`, { recursive: true, encoding: "utf8" })
  .filter((name) => /^[\w-]+[/\\]src[/\\].*\.ts$/.test(name) && !/\.test(-d)?\.ts$/.test(name))
  .map((name) => readFileSync(`${root}/packages/${name}`, "utf8"))
  .join("\n");
/** The messages as they read: strings in one piece, and "…" for what is put in. */
const messages = withoutHoles(sources.replace(/["'`]\s*\+\s*["'`]/g, "")).replace(/\\(["'`])/g, "$1");

function withoutHoles(text: string): string {
  const fewer = text.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "…");
  return fewer === text ? text : withoutHoles(fewer);
}

const union = /export type BgeErrorCode =\n((?: {2}\| "[A-Z_]+"[;\n]*)+)/.exec(sources)![1]!;
const codes = [...union.matchAll(/"([A-Z_]+)"/g)].map(([, code]) => code!);
const warnings = [...new Set([...sources.matchAll(/code: "(BGE_[A-Z_]+)"/g)].map(([, code]) => code!))];

test("there is an entry for each code and each warning, and for nothing else", () => {
  expect(codes.length).toBeGreaterThan(15);
  expect(warnings.length).toBeGreaterThan(3);
  expect(entries.map(({ code }) => code)).toEqual([...codes.sort(), ...warnings.sort()]);
});

describe.each(entries)("$code", ({ text }) => {
  test("its messages are those of the source", () => {
    const quoted = [...text.matchAll(/```text\n(.*?)```/gs)].flatMap(([, block]) => block!.trimEnd().split("\n"));
    expect(quoted.length).toBeGreaterThan(0);
    for (const line of quoted) {
      const parts = line
        .split(/…|(?<=[.:;]) /)
        .map((part) => part.trim())
        .filter((part) => part.length > 3);
      expect(parts.length, line).toBeGreaterThan(0);
      for (const part of parts) expect(messages.includes(part), `${part} (${line})`).toBe(true);
    }
  });
});

test.each(entries.filter(({ code }) => !code.startsWith("BGE_")))("$code says why, and what to do", ({ text }) => {
  expect(text).toMatch(/^\*\*Why\.\*\* \S/m);
  expect(text).toMatch(/^\*\*Do\.\*\* \S/m);
});
