// What a document and a question cost, as measured with bge-small-en-v1.5 int8 (384 dimensions). docs/scale.md says where each comes from.

/** Bytes of a text, and of its record beside the text, for a token of English. */
const TEXT_BYTES_PER_TOKEN = 5;
const RECORD_BYTES = 150;
/** Different words of a text for each of its tokens. */
const WORDS_PER_TOKEN = 0.6;
/** Postings of words in segments, with their share of the dictionary. */
const POSTING_BYTES_PER_TOKEN = 3;
/** LMDB's pages are not full. */
const PAGE_FILL = 0.95;

/** Bytes of memory that an opened index takes for a document beside the high bytes of its vector, once it was searched. */
const SLOT_BYTES = 175;

/** Milliseconds of one thread for a million documents: vectors of 384 numbers, exactly; and the words of a question. */
const SCAN_MS_PER_MILLION = 79;
const WORDS_MS_PER_MILLION = 28;
/** Milliseconds of one thread for a question whatever the number of documents: the model, reading candidates, late interaction. */
const QUESTION_MS = 10;
const CANDIDATES_MS = 3.4;
const LATE_INTERACTION_MS = 5;
/** Milliseconds of one thread to embed a token of a document. */
const EMBED_MS_PER_TOKEN = 33 / 179;
/** Tokens of a question, which each pair has beside the document's. Reading ten pairs took 9.4 times as long as embedding a document. */
const QUESTION_TOKENS = 20;
/** Of `bestPassages`, in a search. */
const PASSAGE_TOKENS = 192;
const PAIR_MS_PER_TOKEN = (0.94 * 33) / (179 + QUESTION_TOKENS);

/** Bytes of a graph's links for a point in Qdrant: m = 16, so 32 links on the lowest level, with those above it. */
const GRAPH_BYTES = 32 * 4 * 1.1;
/** Qdrant's ids, versions and offsets of a point. */
const POINT_BYTES = 100;

/** Bytes of the token rows that `compressRows` makes: docs/search.md has the format. */
export function rowBytes(tokens, dimensions) {
  const rows = Math.ceil(tokens / 2);
  const bits = Math.ceil(tokens / 8);
  return 24 + dimensions + 4 * rows + 2 * tokens + bits + 16 * rows * Math.ceil(dimensions / 64);
}

/** Bytes of a document in an index on disk, and of memory of its own. */
export function inDirectory({ tokens, dimensions, lateInteraction }) {
  const text = TEXT_BYTES_PER_TOKEN * tokens + RECORD_BYTES;
  const disk =
    text + 2 * dimensions + POSTING_BYTES_PER_TOKEN * tokens + (lateInteraction ? rowBytes(tokens, dimensions) : 0);
  return { disk: disk / PAGE_FILL, memory: dimensions + SLOT_BYTES };
}

/** Bytes of a point in Qdrant. Token rows, as float16, are on disk alone; with `onDisk` so are words, and vectors but for a quantised copy. */
export function inQdrant({ tokens, dimensions, lateInteraction, quantization, onDisk }) {
  const vector = 4 * dimensions;
  const copy = { none: 0, int8: dimensions, binary: dimensions / 8 }[quantization];
  const words = 8 * WORDS_PER_TOKEN * tokens;
  const rows = lateInteraction ? 2 * dimensions * Math.ceil(tokens / 2) : 0;
  const payload = TEXT_BYTES_PER_TOKEN * tokens + RECORD_BYTES;
  const always = copy + GRAPH_BYTES + POINT_BYTES;
  return { disk: always + vector + words + rows + payload, memory: always + (onDisk ? 0 : vector + words) };
}

/** Milliseconds of one thread to make a document's vector and token rows. */
export function embedMs({ tokens, lateInteraction }) {
  return EMBED_MS_PER_TOKEN * tokens * (lateInteraction ? 1.09 : 1);
}

/**
 * Milliseconds of one thread that a question takes beside the search itself. Where token rows are at home, the cross-encoder reads the
 * passages that they point at.
 */
export function questionMs({ tokens, lateInteraction, pairs }, { passages }) {
  const read = passages && lateInteraction ? Math.min(tokens, PASSAGE_TOKENS) : tokens;
  const late = lateInteraction ? LATE_INTERACTION_MS : 0;
  return QUESTION_MS + late + pairs * PAIR_MS_PER_TOKEN * (read + QUESTION_TOKENS);
}

/** Milliseconds of one thread to search an index on disk: every vector is looked at. */
export function scanMs(documents, dimensions) {
  return (documents / 1e6) * (SCAN_MS_PER_MILLION * (dimensions / 384) + WORDS_MS_PER_MILLION) + CANDIDATES_MS;
}
