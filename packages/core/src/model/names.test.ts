import { isAbsolute, join, posix, relative, win32 } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { idOfRepository, isCommit, isModelId, isRevision, isSafePath, repositoryName } from "./names.js";

test.each(["BAAI/bge-m3", "gpt2", "a/b", "Foo-BAR_foo.bar123", "1/2", `${"a".repeat(96)}/${"b".repeat(96)}`])(
  "%s is an id, and can be read back from its folder's name",
  (id) => {
    expect(isModelId(id)).toBe(true);
    expect(idOfRepository(repositoryName(id))).toBe(id);
  },
);

test.each([
  ...["", ".", "..", "../x", "x/..", "x/../y", "/x", "x/", "a/b/c", "a--b", "a..b", "a\\b", "..\\x", "C:\\x", "C:x"],
  ...[
    "x\0y",
    "x y",
    "x\n",
    "café",
    ".hidden",
    "-x",
    "x-",
    "x.git",
    "https://x",
    "x?y",
    "x#y",
    "%2e%2e",
    "a".repeat(97),
  ],
])("%j is not an id, and never becomes a path", (id) => {
  expect(isModelId(id)).toBe(false);
  expect(() => repositoryName(id)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", parameter: "id" }));
});

test.each(["main", "v1.0", "refs/pr/1", "feature/x-y", "a".repeat(40)])("%s is a revision", (revision) => {
  expect(isRevision(revision)).toBe(true);
});

test.each(["", "..", "../x", "a/../b", "/a", "a/", "a//b", "a\\b", "C:x", "a\0", ".", "nul", "con.txt", "x ", "x."])(
  "%j is neither a revision nor a path",
  (text) => {
    expect(isRevision(text)).toBe(false);
    expect(isSafePath(text)).toBe(false);
  },
);

test("a commit has 40 lower-case hex digits", () => {
  expect([isCommit("0a".repeat(20)), isCommit("0A".repeat(20)), isCommit("0a")]).toEqual([true, false, false]);
});

test("a safe path stays inside its folder, by the rules of every system", () => {
  const part = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("..", ".", "", "C:", "C:\\", "\\\\host\\share", "a", "/", "\\", "..\\", "nul", "\0", "~"),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.constantFrom("/", "\\", ""), (parts, between) => {
      const path = parts.join(between);
      if (!isSafePath(path)) return;
      for (const system of [posix, win32]) {
        const base = system === posix ? "/cache/snapshots" : "C:\\cache\\snapshots";
        const inside = system.relative(base, system.resolve(base, path));
        expect(inside).not.toBe("");
        expect(inside.startsWith("..") && /^\.\.([\\/]|$)/.test(inside)).toBe(false);
        expect(system.isAbsolute(inside)).toBe(false);
      }
    }),
    { numRuns: 5000 },
  );
});

test("an id is one folder of the cache", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\w./\\:-]{1,20}$/), (id) => {
      if (!isModelId(id)) return;
      const inside = relative("/cache", join("/cache", repositoryName(id)));
      expect(isAbsolute(inside) || inside.includes("/") || inside.startsWith("..")).toBe(false);
    }),
    { numRuns: 5000 },
  );
});
