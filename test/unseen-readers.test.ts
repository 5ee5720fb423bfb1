// A reader that may not write to LMDB's file of locks, as where a container mounts the folder read-only: a writer does not see it, and
// overwrites what it reads.
import { createInterface } from "node:readline";
import { type Embedder, loadEmbedder } from "@bge-js/core";
import { loadRetriever } from "@bge-js/retriever";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folderOf } from "./support/folders.js";
import { fixture } from "./support/models.js";
import { canMount, inMounts } from "./support/mounts.js";

let embedder: Embedder;
beforeAll(async () => {
  embedder = await loadEmbedder(fixture("tiny-bert-cls"));
});
afterAll(() => embedder.dispose());

/** Opens the index, or looks into an open one, for each line. */
const READER = `
  import { createInterface } from "node:readline";
  import { loadEmbedder } from "@bge-js/core";
  import { loadRetriever } from "@bge-js/retriever";
  const embedder = await loadEmbedder(${JSON.stringify(fixture("tiny-bert-cls"))});
  let retriever;
  const asks = {
    open: async () => {
      retriever = await loadRetriever({ embedder, reranker: false, readOnly: true, directory: process.argv[1] });
      return retriever.size;
    },
    search: async () => (await retriever.search("text", { topN: 100 })).results.length,
    get: async () => retriever.get("n1").text,
    size: async () => retriever.size,
    has: async () => retriever.has("n1"),
    ids: async () => {
      let count = 0;
      for await (const id of retriever.ids()) count++;
      return count;
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await asks[line]().catch(({ code, message }) => ({ code, message }));
    console.log(JSON.stringify(answer));
  }
  await retriever?.dispose();
  await embedder.dispose();`;

test.skipIf(!canMount)("is refused while there is a writer, and reads what is there before and after", async () => {
  const directory = folderOf();
  const writer = () => loadRetriever({ embedder, reranker: false, directory });
  const documents = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `n${i}`, text: `text ${i}` }));
  const child = inMounts(
    `mount --bind "${directory}" "${directory}" && mount -o remount,bind,ro "${directory}" || exit 99
    exec "${process.execPath}" --input-type=module -e "$PROGRAM" "${directory}"`,
    READER,
  );
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (what: string): Promise<unknown> => {
    child.stdin.write(`${what}\n`);
    return JSON.parse((await answers.next()).value);
  };
  const refused = { code: "STORE_IN_USE", message: expect.stringContaining("may not write to its lock.mdb") };

  const first = await writer();
  await first.add(documents(5));
  expect(await ask("open")).toMatchObject(refused);
  await first.dispose();
  expect(await ask("open")).toBe(5);
  expect(await ask("search")).toBe(5);
  const second = await writer();
  await second.add(documents(20));
  for (const what of ["search", "get", "has", "size", "ids"]) expect(await ask(what)).toMatchObject(refused);
  await second.dispose();
  for (const what of ["search", "ids"]) expect(await ask(what)).toBe(20);
  expect([await ask("get"), await ask("has")]).toEqual(["text 1", true]);
  child.stdin.end();
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
});
