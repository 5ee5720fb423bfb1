// Indexes and stores on disks that are full: small file systems in memory, each in processes of their own, which must not end by it.
import { describe, expect, test } from "vitest";
import { BGE } from "./support/bge.js";
import { folderOf } from "./support/folders.js";
import { fixture } from "./support/models.js";
import { canMount, inMounts } from "./support/mounts.js";

/** Runs a program in a script that mounts; it tells what it says, in JSON. */
async function onDisk(
  script: (folder: string, node: string) => string,
  program: string,
): Promise<{ code: number | null; said: unknown[] }> {
  const folder = folderOf();
  const node = `"${process.execPath}" --input-type=module -e "$PROGRAM" "${folder}/index"`;
  const child = inMounts(script(folder, node), program);
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    told += part;
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return {
    code,
    said: told
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  };
}

/** Runs it twice in the same folder, on a disk of so many KiB and again when there is room. */
function onDiskOf(kibibytes: number, program: string): Promise<{ code: number | null; said: unknown[] }> {
  const script = (folder: string, node: string) =>
    `mount -t tmpfs -o size=${kibibytes}k none "${folder}" || exit 99
    ${node} || exit $?
    mount -o remount,size=64m "${folder}"
    ${node}`;
  return onDisk(script, program);
}

const tell = (body: string) => `
  const [directory] = process.argv.slice(1);
  try { ${body} } catch ({ code, message }) { console.log(JSON.stringify({ code, message })); }`;

const INDEX = tell(`
  const { loadEmbedder } = await import("@bge-js/core");
  const { loadRetriever } = await import("@bge-js/retriever");
  const embedder = await loadEmbedder(${JSON.stringify(fixture("tiny-bert-cls"))});
  const retriever = await loadRetriever({ embedder, reranker: false, directory });
  const failures = [];
  for (let i = 0; i < 60; i++) {
    const documents = Array.from({ length: 3 }, (_, j) => ({ id: i + "-" + j, text: "text " + i, filling: "x".repeat(3000) }));
    await retriever.add(documents).catch(({ code }) => failures.push(code));
  }
  const { results } = await retriever.search("text 1");
  console.log(JSON.stringify({ failures: failures.length, codes: [...new Set(failures)], size: retriever.size, found: results.length }));
  await retriever.dispose();
  await embedder.dispose();`);

const STORE = tell(`
  const { openStore } = await import("@bge-js/store");
  const store = await openStore({ directory });
  const failures = [];
  for (let i = 0; i < 60; i++) {
    await store.put([{ key: "key-" + i, rows: new Uint8Array(9000).fill(i) }]).catch(({ code }) => failures.push(code));
  }
  const found = await store.get(["key-0"]);
  console.log(JSON.stringify({ failures: failures.length, codes: [...new Set(failures)], size: store.kept().texts, found: found.filter(Boolean).length }));
  await store.dispose();`);

describe.skipIf(!canMount).each([
  ["an index", INDEX, 180, 10],
  ["a store", STORE, 60, 1],
] as const)("%s on a full disk", (_, program, all, found) => {
  test.each([4, 12, 36])("of %i KiB is refused, and made when there is room", async (kibibytes) => {
    const { code, said } = await onDiskOf(kibibytes, program);
    expect(code).toBe(0);
    expect(said).toEqual([
      expect.objectContaining({ code: "STORE_FAILED", message: expect.stringContaining("the disk may be full") }),
      { failures: 0, codes: [], size: all, found },
    ]);
  });

  test.each([517])("of %i KiB keeps what it could, and the rest when there is room", async (kibibytes) => {
    const { code, said } = await onDiskOf(kibibytes, program);
    expect(code).toBe(0);
    const [full, roomy] = said as { readonly failures: number; readonly size: number }[];
    expect(full).toMatchObject({ codes: ["STORE_FAILED"], found });
    expect(full!.failures).toBeGreaterThan(0);
    expect(full!.size).toBeGreaterThan(0);
    expect(full!.size).toBeLessThan(all);
    expect(roomy).toEqual({ failures: 0, codes: [], size: all, found });
  });

  test.each(["ramfs", "tmpfs -o size=0"])(
    "but not on one that has no limit and says that nothing is free: %s",
    async (kind) => {
      const script = (folder: string, node: string) => `mount -t ${kind} none "${folder}" || exit 99; ${node}`;
      const { code, said } = await onDisk(script, program);
      expect(code).toBe(0);
      expect(said).toEqual([{ failures: 0, codes: [], size: all, found }]);
    },
  );
});

test.skipIf(!canMount)("bge search says where it cannot keep an index, and what to do", async () => {
  const [notes, folder] = [folderOf({ "dogs.md": "Dogs bark." }), folderOf()];
  const search = `"${process.execPath}" "${BGE}" search "${notes}" dogs --top 1 --index "${folder}" 2>&1`;
  const child = inMounts(
    `mount -t tmpfs -o size=8m none "${folder}" && ${search} || exit 99
    dd if=/dev/zero of="${folder}/fill" bs=1M count=9 2> "${folder}/said"; ${search}
    mount -o remount,ro "${folder}"; ${search}`,
    "",
  );
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    told += part;
  });
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(3);
  const where = "bge: cannot keep an index in .*";
  const advice = ".*Choose another folder with --index DIR, or keep nothing with --no-index";
  expect(told).toMatch(new RegExp(`^${where}ENOSPC${advice}$`, "m"));
  expect(told).toMatch(new RegExp(`^${where}EROFS${advice}$`, "m"));
});
