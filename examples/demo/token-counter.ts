import type { Embedder } from "@bge-js/core";

/**
 * Returns a function that counts the model's tokens in parts of a text. A splitter asks for one part at a time, and for
 * many parts twice: simultaneous calls share one call of the model, and no part is counted twice.
 */
export function createTokenCounter(embedder: Embedder, signal: AbortSignal): (text: string) => Promise<number> {
  const known = new Map<string, Promise<number>>();
  let waiting: string[] = [];
  let counting: Promise<number[]> | undefined;
  // Every count includes the special tokens, which would add up in the splitter.
  const special = embedder.countTokens("", { signal });
  // Told to those who count: nobody may, if no file can be read.
  special.catch(() => {});
  const countWaiting = async (): Promise<number[]> => {
    await new Promise(setImmediate);
    const texts = waiting;
    waiting = [];
    counting = undefined;
    return embedder.countTokens(texts, { signal });
  };
  const count = async (text: string): Promise<number> => {
    const index = waiting.push(text) - 1;
    counting ??= countWaiting();
    const counts = await counting;
    return counts[index]! - (await special); // one count per text
  };
  return (text) => {
    let tokens = known.get(text);
    if (tokens === undefined) {
      tokens = count(text);
      known.set(text, tokens);
    }
    return tokens;
  };
}
