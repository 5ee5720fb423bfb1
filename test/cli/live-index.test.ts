import { realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { followFiles } from "../../packages/cli/src/mcp/live-index.js";
import { addFiles, folderOf } from "../support/folders.js";
import { fixture } from "../support/models.js";

test("rules that change while files are indexed decide what is watched", async () => {
  const directory = realpathSync(folderOf({ ".gitignore": "guide/\n", "guide/pets.md": "Dogs.", "hours.md": "Nine." }));
  const context = { signal: new AbortController().signal, print: async () => {}, note: () => {} };
  const flags = { model: fixture("tiny-bert-cls"), index: false as const, rerank: false };
  let updates = 0;
  await using live = followFiles([{ name: "", directory }], flags, context, () => {
    // The first one has read the old rules.
    if (updates++ === 0) writeFileSync(join(directory, ".gitignore"), "");
  });
  const becomes = async (isRight: (paths: readonly string[], hash: string | undefined) => boolean) => {
    for (let tries = 0; tries < 100; tries++) {
      const index = await live.current();
      if (isRight([...index.paths()], index.fileOf("guide/pets.md")?.hash)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect.fail(`after ${updates} updates`);
  };
  await becomes((paths) => paths.includes("guide/pets.md"));
  const before = (await live.current()).fileOf("guide/pets.md")!.hash;
  // All watchers are ready, and what they have seen is read.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await live.current();
  addFiles(directory, { "guide/pets.md": "Cats." });
  await becomes((_, hash) => hash !== undefined && hash !== before);
});
