import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderOf } from "../../../test/support/folders.js";
import { checkSpace, makeFolder } from "./make-folder.js";

test("folders are made with those above them, by many at once, and are left as they are", async () => {
  const root = folderOf();
  const deep = join(root, "a", "b", "c");
  await Promise.all(Array.from({ length: 20 }, () => makeFolder(deep)));
  writeFileSync(join(deep, "file"), "mine");
  await makeFolder(deep);
  await makeFolder("/");
  expect(existsSync(join(deep, "file"))).toBe(true);
});

test.skipIf(process.platform === "win32")("a link to a folder is one, a link to nothing is none", async () => {
  const root = folderOf({ "folder/file": "" });
  symlinkSync("folder", join(root, "link"));
  symlinkSync("nowhere", join(root, "loose"));
  await makeFolder(join(root, "link", "below"));
  expect(existsSync(join(root, "folder", "below"))).toBe(true);
  for (const path of ["loose", "loose/below"]) {
    await expect(makeFolder(join(root, path))).rejects.toMatchObject({ code: "EEXIST" });
  }
});

test("what cannot be made is an error, and ends", async () => {
  const root = folderOf({ file: "" });
  await expect(makeFolder(join(root, "file"))).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolder(join(root, "file", "below"))).rejects.toThrow();
  await expect(makeFolder(join(root, "x".repeat(5000)))).rejects.toThrow();
});

test.skipIf(process.platform !== "linux")("below /proc, where nothing can be made, too", async () => {
  for (const path of ["/proc/x", "/proc/x/y/z", "/proc/self/fd/x"]) await expect(makeFolder(path)).rejects.toThrow();
});

test("more than the disk has is not tried", async () => {
  await expect(checkSpace(folderOf(), 2 ** 60)).rejects.toMatchObject({ code: "ENOSPC" });
  await checkSpace(folderOf(), 1);
});
