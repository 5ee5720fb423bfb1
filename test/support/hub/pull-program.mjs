// Run by processes.test.ts and kills.test.ts in a process of its own: downloads a model, or loads it and computes a vector.
import { loadEmbedder, pullModel } from "@bge-js/core";

const [mode, id] = process.argv.slice(2);
process.stdout.write("begin\n");
if (mode === "load") {
  const embedder = await loadEmbedder(id, { threads: 1 });
  const vector = await embedder.embedQuery("what is a panda?");
  console.log(JSON.stringify({ directory: embedder.source.directory, vector: Array.from(vector.slice(0, 8)) }));
  await embedder.dispose();
} else {
  console.log(JSON.stringify(await pullModel(id)));
}
