import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { folderOf } from "./support/folders.js";
import { readHtml } from "./support/html.js";
import { fixture } from "./support/models.js";

const MAIN = fileURLToPath(new URL("../examples/dist/images/main.js", import.meta.url));

async function demo(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const env = { ...process.env, npm_lifecycle_event: undefined, ...environment };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: code as number, out, err };
}

const withModel = ["--model", fixture("tiny-clip")];

test("finds pictures by words and by a picture, and reads only what is new", async () => {
  const folder = folderOf({ "notes.txt": "no picture", ".hidden/a.png": "" });
  cpSync(fixture("pictures"), join(folder, "b & <i>"), { recursive: true });
  const names = readdirSync(fixture("pictures"));
  writeFileSync(join(folder, "broken.jpg"), "no picture either");
  const ask = (...args: string[]) => demo([folder, ...args, ...withModel]);

  const first = await ask("a red bus", "--top", "3");
  expect(first).toMatchObject({ code: 0 });
  expect(first.out).toContain(`${names.length} embedded, 0 kept, 0 removed`);
  expect(first.out).toMatch(/left out: broken\.jpg: .*no JPEG, PNG/);
  const found = [...first.out.matchAll(/^ {2}\d\. (.*) {2}score (\d\.\d{3})$/gm)];
  expect(found).toHaveLength(3);
  const page = readHtml(readFileSync(join(folder, ".bge-js", "found.html"), "utf8"));
  const links = page.filter(({ tag }) => tag === "a").map(({ attributes }) => attributes["href"]);
  expect(links).toEqual(found.map(([, name]) => `./../${name!.split("/").map(encodeURIComponent).join("/")}`));
  const text = page.map((part) => part.text).join(" ");
  for (const [, , score] of found) expect(text).toContain(score);
  expect(text).toMatch(
    /a red bus .*The best 3 of \d+ pictures.* tiny-clip fp32 .*1 left out +broken\.jpg +it is no JPEG/s,
  );

  rmSync(join(folder, "b & <i>", names[0]!));
  cpSync(join(folder, "b & <i>", "gif.gif"), join(folder, "copy.gif"));
  const second = await ask("--like", join(folder, "copy.gif"), "--top", "2");
  expect(second.out).toContain(`0 embedded, ${names.length} kept, 1 removed`);
  expect(second.out).toMatch(
    /\? like copy\.gif\n {2}1\. (copy|b & <i>\/gif(-plain)?)\.gif {2}score 1\.000\n {2}2\. .* score 1\.000/,
  );
});

test("paths are relative to where npm was called, and --index says where files are kept", async () => {
  const folder = folderOf();
  cpSync(join(fixture("pictures"), "gif.gif"), join(folder, "pictures", "gif.gif"));
  const run = await demo(["pictures", "words", "--index", "kept", ...withModel], {
    npm_lifecycle_event: "demo:images",
    INIT_CWD: folder,
  });
  expect(run).toMatchObject({ code: 0 });
  expect(readdirSync(join(folder, "kept")).sort()).toEqual([
    "found.html",
    expect.stringMatching(/^pictures-[0-9a-f]{16}$/),
  ]);
  expect(readdirSync(join(folder, "pictures"))).toEqual(["gif.gif"]);
});

test("says what is wrong in one line", async () => {
  const empty = folderOf();
  expect(await demo([])).toMatchObject({ code: 2, err: expect.stringContaining("a folder of pictures is needed") });
  expect(await demo([empty])).toMatchObject({ code: 2, err: expect.stringContaining("words to look for") });
  expect(await demo([empty, "a", "--top", "x"])).toMatchObject({ code: 2, err: expect.stringContaining("--top") });
  expect(await demo([empty, "a"])).toMatchObject({ code: 1, err: expect.stringMatching(/^no picture .*\n$/) });
  expect(await demo([join(empty, "none"), "a"])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^cannot read .*\n$/),
  });
  expect(await demo(["--help"])).toMatchObject({
    code: 0,
    out: expect.stringContaining("tools/export/export BAAI/BGE-VL-base"),
  });
});

test("without the model's files, says what to export", async () => {
  const folder = folderOf();
  cpSync(join(fixture("pictures"), "gif.gif"), join(folder, "gif.gif"));
  const { code, err } = await demo([folder, "words"], { HF_HUB_OFFLINE: "1", HF_HOME: folder });
  expect(code).toBe(1);
  expect(err).toMatch(/tools\/export\/export BAAI\/BGE-VL-base \.\/bge-vl-base/);
  expect(readdirSync(folder)).toEqual(["gif.gif"]);
});
