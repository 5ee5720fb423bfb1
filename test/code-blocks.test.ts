import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import ts from "typescript";
import { describe, expect, test } from "vitest";
// @ts-expect-error: no types
import { PAGES as pages } from "../site/pages.mjs";

/** Every code block of every page is in its language. Those with an output are run, too: `readme.test.ts`, `multimodal-retriever.test.ts`, `cli/readme.test.ts`. */
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

/** Names that a page leaves to its reader (`documents`, `store`): not found, or short for a property. */
const LEFT_OPEN = new Set([2304, 2552, 18004]);
/** What pages move away from, or add to, and is not installed here. */
const ELSEWHERE = /^'(@huggingface\/transformers|@langchain\/(cohere|community)|@mastra\/rag|cohere-ai|fastembed)[/']/;

/**
 * Blocks of `ts` are pieces of programs, which cannot be run: TypeScript reads them, with the packages' own types. So it does the programs that
 * newcomers copy, whose own are often in TypeScript.
 */
const isRead = (file: string, language: string) =>
  language === "ts" || (language === "js" && (file === "README.md" || file.startsWith("docs/start/")));

test("what ts blocks and first programs call and pass exists", async () => {
  const pieces = new Map(
    PAGES.flatMap((file) =>
      blocksOf(file)
        .filter(({ language }) => isRead(file, language))
        .map(({ code }, at) => [`${root}test/${file.replaceAll(/[/.]/g, "-")}-${at}.mts`, `${code}\nexport {};\n`]),
    ),
  );
  // Where a piece begins after its imports, these are what it means.
  const known = Object.entries({
    "@bge-js/core": await import("@bge-js/core"),
    "@bge-js/retriever": await import("@bge-js/retriever"),
    "@bge-js/ingest": await import("@bge-js/ingest"),
  }).flatMap(([from, exported]) =>
    Object.keys(exported).map((name) => `declare const ${name}: typeof import("${from}").${name};\n`),
  );
  const files = new Map([...pieces, [`${root}test/known.d.ts`, known.join("")]]);
  const options: ts.CompilerOptions = {
    ...ts.convertCompilerOptionsFromJson(JSON.parse(read("tsconfig.base.json")).compilerOptions, root).options,
    composite: false,
    declaration: false,
    noEmit: true,
    // Of a piece, not all types are known.
    strict: false,
    noUncheckedIndexedAccess: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([...files.keys()], options, {
    ...host,
    fileExists: (name) => files.has(name) || host.fileExists(name),
    readFile: (name) => files.get(name) ?? host.readFile(name),
    getSourceFile: (name, target) => {
      const code = files.get(name);
      return code === undefined ? host.getSourceFile(name, target) : ts.createSourceFile(name, code, target);
    },
  });
  const problems = [...pieces.keys()].flatMap((name) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(name))
      .map(({ code, messageText }) => ({ code, text: ts.flattenDiagnosticMessageText(messageText, " ") }))
      .filter(({ code, text }) => !LEFT_OPEN.has(code) && !(code === 2307 && ELSEWHERE.test(text.split("module ")[1]!)))
      .map(({ text }) => `${name.slice(root.length)}: ${text}`),
  );
  expect(pieces.size).toBeGreaterThan(10);
  expect(problems).toEqual([]);
}, 120_000);
