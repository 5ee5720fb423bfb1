// What is published of a package in few files, by tools/bundle.mjs.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { folderOf } from "./support/folders.js";

const TOOL = fileURLToPath(new URL("../tools/bundle.mjs", import.meta.url));
const RETRIEVER = fileURLToPath(new URL("../packages/retriever", import.meta.url));
const MANIFEST = { name: "@bge-js/retriever", type: "module", dependencies: { lmdb: "1.0.0" } };

function bundled(folder: string): Record<string, string> {
  const files = readdirSync(join(folder, "bundle")).sort();
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, "bundle", file), "utf8")]));
}

test("the same modules make the same files, wherever they are", () => {
  const [one, other] = [folderOf(), join(folderOf(), "further", "down")];
  for (const folder of [one, other]) {
    for (const part of ["package.json", "dist"]) cpSync(join(RETRIEVER, part), join(folder, part), { recursive: true });
    execFileSync(process.execPath, [TOOL], { cwd: folder, stdio: "ignore" });
  }
  expect(bundled(one)).toEqual(bundled(other));
  expect(Object.keys(bundled(one))).toEqual(expect.arrayContaining(["adapter.js", "index.js", "multimodal.js"]));
});

test.each([
  ["what is no dependency", 'import x from "left-pad"; export { x };', "imports left-pad"],
  ["a file by an address of before", 'export const u = new URL("../a/b.js", import.meta.url);', "looks for ../a/b.js"],
  [
    "a file that is required so",
    'import { createRequire } from "node:module"; export const u = createRequire(import.meta.url)("./a.json");',
    "looks for ./a.json",
  ],
  ["code of elsewhere", 'import "../elsewhere.js"; export const u = 1;', "has taken in"],
])("%s is refused", (_, code, problem) => {
  const sound = {
    "package.json": MANIFEST,
    "dist/adapter.js": 'export * from "./index.js"; export * from "lmdb/more";',
    "dist/multimodal.js": 'import "node:fs"; export const m = 1;',
    "elsewhere.js": "console.log(process.pid);",
  };
  const run = (index: string) => {
    const cwd = folderOf({ ...sound, "dist/index.js": index });
    return spawnSync(process.execPath, [TOOL], { cwd, encoding: "utf8" });
  };
  expect(run("export const u = 1;")).toMatchObject({ status: 0 });
  expect(run(code)).toMatchObject({ status: 1, stderr: expect.stringContaining(problem) });
});
