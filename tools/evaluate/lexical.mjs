// BM25 over a list of texts, as a build of the retriever computes it.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The build in this repository. */
export const NOW = join(import.meta.dirname, "../../packages/retriever/dist");

/** Opens a build: its `wordsOf`, and `index(texts)`, which gives a function from a query to the scores of all texts. */
export async function openLexical(folder = NOW) {
  const [{ bm25 }, { createWordIndex }, { wordsOf }] = await Promise.all(
    ["bm25.js", "postings.js", "words.js"].map((file) => import(pathToFileURL(join(folder, file)).href)),
  );
  function index(texts) {
    const postings = createWordIndex();
    const lengths = texts.map((text, slot) => {
      const words = wordsOf(text);
      postings.add(slot, words);
      return words.length;
    });
    const words = lengths.reduce((sum, length) => sum + length, 0);
    const count = lengths.filter((length) => length > 0).length;
    const born = new Uint8Array(texts.length).fill(1);
    const all = { size: texts.length, count, words, lengths, born: () => born, latest: 1 };
    return (query) => bm25(query, all, (word) => [postings.get(word) ?? []]);
  }
  return { wordsOf, index };
}
