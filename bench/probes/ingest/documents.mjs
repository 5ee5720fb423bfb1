// The documents of a probe: paragraphs that are always the same, some of which no store can have.

const WORDS =
  "train ticket dog valley machine error coin platform early night garden river station paper window bridge".split(" ");

/** Every so many documents, one that no store can have. */
const POISON = 997;

export const isPoison = (i) => i % POISON === POISON - 1;

/** The document `i`: one to four paragraphs. */
export function documentOf(i, edition = 0) {
  let state = (i + 1) * 7919 + edition * 104729;
  const next = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const sentence = () => Array.from({ length: 6 + next(20) }, () => WORDS[next(WORDS.length)]).join(" ");
  const paragraphs = Array.from({ length: 1 + next(4) }, (_, p) => `${i}.${p} ${sentence()}.`);
  const document = { id: `doc-${i}`, page: i % 100 };
  if (!isPoison(i)) return { ...document, text: paragraphs.join("\n\n") };
  // PostgreSQL keeps no NUL in a text; Qdrant reads no half of a surrogate pair.
  return { ...document, text: [...paragraphs, "a \0 in it"].join("\n\n"), half: "\ud83d" };
}

export const paragraphs = ({ text }) => text.split("\n\n");
