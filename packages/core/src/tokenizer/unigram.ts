import type { Model } from "./library.js";
import type { UnigramStep } from "./tokenizer-json.js";

/** How far an unknown character scores below the worst token. */
const UNKNOWN_PENALTY = 10;

/** Returns the most likely split of each word, as Rust finds it. Adjacent unknown characters form one token. */
export function unigram({ vocab }: UnigramStep, unknown: number): Model {
  const find = prefixTree(vocab.map(([token]) => token));
  const unknownScore =
    vocab.reduce((least, [, score]) => Math.min(least, score), Number.POSITIVE_INFINITY) - UNKNOWN_PENALTY;

  function idsOf(word: string): Int32Array {
    const scores = new Float64Array(word.length + 1);
    const starts = new Int32Array(word.length + 1).fill(-1);
    const ids = new Int32Array(word.length + 1);
    const offer = (start: number, end: number, id: number, score: number) => {
      const whole = scores[start]! + score;
      if (starts[end] !== -1 && whole <= scores[end]!) return;
      scores[end] = whole;
      starts[end] = start;
      ids[end] = id;
    };
    for (let start = 0, next = 0; start < word.length; start = next) {
      next = start + (word.codePointAt(start)! > 0xffff ? 2 : 1);
      let alone = false;
      find(word, start, (id, end) => {
        offer(start, end, id, vocab[id]![1]);
        alone ||= end === next;
      });
      if (!alone) offer(start, next, unknown, unknownScore);
    }
    // Read from the last token to the first, and written behind what is still unread: nothing is copied.
    let from = ids.length;
    for (let end = word.length; end > 0; end = starts[end]!) {
      const id = ids[end]!;
      if (id !== unknown || from === ids.length || ids[from] !== unknown) ids[--from] = id;
    }
    return ids.subarray(from);
  }

  return (words, ids) => {
    for (const word of words) for (const id of idsOf(word)) ids.push(id);
  };
}

/** Returns a function that finds all tokens that begin at a position of a text, shortest first. */
function prefixTree(tokens: readonly string[]) {
  const children = new Map<number, number>();
  const ids: number[] = [-1];
  const edge = (node: number, text: string, at: number) => node * 0x10000 + text.charCodeAt(at);
  for (const [id, token] of tokens.entries()) {
    let node = 0;
    for (let at = 0; at < token.length; at++) {
      const key = edge(node, token, at);
      let child = children.get(key);
      if (child === undefined) {
        child = ids.push(-1) - 1;
        children.set(key, child);
      }
      node = child;
    }
    ids[node] = id;
  }
  return (text: string, start: number, found: (id: number, end: number) => void): void => {
    let node: number | undefined = 0;
    for (let at = start; at < text.length; at++) {
      node = children.get(edge(node, text, at));
      if (node === undefined) return;
      if (ids[node] !== -1) found(ids[node]!, at + 1);
    }
  };
}
