// The index of the site for search by meaning: made when the site is built, read when it is served. Sections that did not change are
// not embedded again.
import { loadRetriever } from "@bge-js/retriever";
import { sectionsOf } from "./sections.mjs";

export async function writeIndex(folder, directory) {
  const sections = sectionsOf(folder);
  const ids = new Set(sections.map(({ id }) => id));
  const retriever = await loadRetriever({ directory, reranker: false });
  try {
    const gone = [];
    for await (const id of retriever.ids()) if (!ids.has(id)) gone.push(id);
    await retriever.remove(gone);
    const added = await retriever.add(sections);
    return { ...added, removed: gone.length, sections: sections.length };
  } finally {
    await retriever.dispose();
  }
}

/** Opens the index for questions, of which each gets `budgetMs`: on a machine that is busy, less is read. */
export async function openSearch(directory, { budgetMs = 3000 } = {}) {
  const retriever = await loadRetriever({ directory, readOnly: true });
  return {
    /** The best sections, best first, one a heading. */
    async search(query, signal) {
      const { results } = await retriever.search(query, { topN: 8, budgetMs, signal });
      return results.map(({ document: { title, url, text }, part }) => ({
        title,
        url,
        excerpt: excerptOf(text, part),
      }));
    },
    dispose: () => retriever.dispose(),
  };
}

/** The beginning of what the search points at in a section, without the title that comes first. */
function excerptOf(text, { start, end } = { start: 0, end: text.length }) {
  const body = text.slice(Math.max(start, text.indexOf("\n") + 1), end).replaceAll("\n", " ");
  return body.length <= 240 ? body : `${body.slice(0, body.lastIndexOf(" ", 240))} …`;
}
