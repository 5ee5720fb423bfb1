import { embedMs, inDirectory, inQdrant, questionMs, scanMs } from "./costs.mjs";

/** What is assumed unless the caller says otherwise. */
export const USUAL = {
  documents: 1_000_000,
  /** Of a document, with the special ones. */
  tokens: 180,
  dimensions: 384,
  lateInteraction: true,
  /** Documents that the cross-encoder reads for a question: by default, 8 of this length. */
  pairs: 8,
  /** Of the copy of the vectors that Qdrant has in memory: "none", "int8" or "binary". */
  quantization: "int8",
  /** Whether the vectors themselves, and the words, are on disk alone. */
  onDisk: true,
  questionsPerSecond: 10,
  /** Copies of each shard in Qdrant, so that one can be lost. */
  copies: 2,
  /** Of a machine that stores, and of one that computes. */
  memoryPerNode: 64e9,
  diskPerNode: 2e12,
  threadsPerNode: 8,
  /** How much of a machine is planned with. */
  fill: 0.7,
  /** Machines that embed the documents at the beginning. */
  indexingNodes: 1,
};

/** Longest time of one thread for the search of an index on disk; more is left to a store with a graph. */
const MOST_SCAN_MS = 300;

/**
 * Plans an index: memory, disk and processor time of the index in a directory and of a collection in Qdrant, and machines for
 * them. Bytes are decimal; times are of one thread.
 */
export function planScale(asked = {}) {
  const given = { ...USUAL, ...asked };
  for (const [name, value] of Object.entries(given)) check(name, value);
  const { documents, dimensions, questionsPerSecond, threadsPerNode, fill, indexingNodes } = given;
  const question = { directory: questionMs(given, { passages: true }), qdrant: questionMs(given, { passages: false }) };
  const scan = scanMs(documents, dimensions);
  const [own, point] = [inDirectory(given), inQdrant(given)];
  const directory = {
    diskBytes: documents * own.disk,
    memoryBytes: documents * own.memory,
    questionMs: question.directory + scan,
    fits:
      scan <= MOST_SCAN_MS &&
      documents * own.memory <= fill * given.memoryPerNode &&
      documents * own.disk <= fill * given.diskPerNode,
    replicas: machines((questionsPerSecond * (question.directory + scan)) / 1000, threadsPerNode, fill),
  };
  const [diskBytes, memoryBytes] = [documents * point.disk, documents * point.memory];
  const shards = Math.max(
    1,
    Math.ceil(memoryBytes / (fill * given.memoryPerNode)),
    Math.ceil(diskBytes / (fill * given.diskPerNode)),
  );
  const qdrant = {
    diskBytes,
    memoryBytes,
    shards,
    nodes: shards * given.copies,
    /** Without what the server takes. */
    questionMs: question.qdrant,
    replicas: machines((questionsPerSecond * question.qdrant) / 1000, threadsPerNode, fill),
  };
  const indexingSeconds = (documents * embedMs(given)) / 1000;
  return {
    given,
    directory,
    qdrant,
    indexing: {
      threadHours: indexingSeconds / 3600,
      days: indexingSeconds / 86_400 / (threadsPerNode * indexingNodes),
    },
  };
}

/** Machines for so many seconds of threads a second. */
function machines(threads, threadsPerNode, fill) {
  return Math.max(1, Math.ceil(threads / (threadsPerNode * fill)));
}

function check(name, value) {
  if (!Object.hasOwn(USUAL, name)) throw new RangeError(`There is no ${name}. Known: ${Object.keys(USUAL).join(", ")}`);
  const wanted = {
    lateInteraction: typeof value === "boolean",
    onDisk: typeof value === "boolean",
    quantization: ["none", "int8", "binary"].includes(value),
    fill: value > 0 && value <= 1,
    pairs: Number.isInteger(value) && value >= 0,
    questionsPerSecond: value >= 0 && Number.isFinite(value),
  };
  if (!(wanted[name] ?? (Number.isFinite(value) && value > 0))) throw new RangeError(`${name} cannot be ${value}`);
}
