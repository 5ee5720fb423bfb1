import { shown } from "../api/errors.js";
import { turn } from "../clock.js";

/** A run of consecutive texts, or of other inputs, from a list or stream. */
export interface Window<T = string> {
  /** Position of the first text. */
  readonly offset: number;
  readonly texts: readonly T[];
}

/**
 * Maximum texts and characters per window: enough to sort by length and keep workers busy, few enough to hold in
 * memory.
 */
const WINDOW_TEXTS = 256;
const WINDOW_CHARACTERS = 1 << 20;

/**
 * Divides texts into windows of at most `most`. While texts are in hand, does not wait for a slow source. `copy`: of inputs that their
 * source may change once it has yielded them.
 */
export async function* windows<T = string>(
  texts: Iterable<T> | AsyncIterable<T>,
  most = WINDOW_TEXTS,
  copy: (text: T) => T = (text) => text,
): AsyncGenerator<Window<T>, void, undefined> {
  let offset = 0;
  let held: T[] = [];
  let characters = 0;
  const cut = (): Window<T> => {
    const window = { offset, texts: held };
    offset += held.length;
    held = [];
    characters = 0;
    return window;
  };
  const take = (text: T) => {
    held.push(copy(text));
    characters += typeof text === "string" ? text.length : 0;
    return held.length >= most || characters >= WINDOW_CHARACTERS;
  };
  // An error from the source comes in its place, after the texts before it.
  let failure: { readonly error: unknown } | undefined;
  if (!(Symbol.asyncIterator in texts)) {
    try {
      for (const text of texts) if (take(text)) yield cut();
    } catch (error) {
      failure = { error };
    }
  } else {
    const source = texts[Symbol.asyncIterator]();
    let finished = false;
    try {
      for (let next = draw(source); ; ) {
        const item = held.length === 0 ? await next : await Promise.race([next, soon()]);
        if (item === SOON) {
          yield cut();
          continue;
        }
        // As a loop over it would; one that is never over would otherwise be read for ever.
        if (typeof item !== "object" || item === null)
          throw new TypeError(`An iterator returned ${shown(item)}, no object`);
        finished = item.done === true;
        if (finished) break;
        const full = take(item.value);
        next = draw(source);
        if (full) yield cut();
      }
    } catch (error) {
      finished = true;
      failure = { error };
    } finally {
      if (!finished) await source.return?.();
    }
  }
  if (held.length > 0) yield cut();
  if (failure !== undefined) throw failure.error;
}

/** Requests the next text ahead of time, so nobody may be waiting when it fails. */
function draw<T>(source: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const next = (async () => source.next())();
  next.catch(() => {});
  return next;
}

/**
 * Maps items in order while those in flight weigh less than `ahead`. Yields a finished result even while the source is
 * slow.
 */
export async function* mapAhead<T, R>(
  source: AsyncGenerator<T, void, undefined>,
  ahead: number,
  map: (item: T) => Promise<R>,
  weigh: (item: T) => number = () => 1,
): AsyncGenerator<R, void, undefined> {
  const running: { readonly result: Promise<R>; readonly weight: number }[] = [];
  let underWay = 0;
  let next: Promise<IteratorResult<T, void>> | undefined;
  const failures: unknown[] = [];
  let ended = false;
  const failed = (error: unknown): IteratorReturnResult<void> => {
    failures.push(error);
    return { done: true, value: undefined };
  };
  try {
    while (!ended || running.length > 0) {
      if (!ended && underWay < ahead) next ??= source.next().catch(failed);
      const events: Promise<"result" | "item">[] = [];
      if (running[0] !== undefined) events.push(running[0].result.then(() => "result"));
      if (next !== undefined) events.push(next.then(() => "item"));
      if ((await Promise.race(events)) === "result") {
        const { result, weight } = running.shift()!;
        underWay -= weight;
        yield await result;
        continue;
      }
      const item = await next!;
      next = undefined;
      if (item.done) ended = true;
      else {
        const result = map(item.value);
        result.catch(() => {});
        const weight = weigh(item.value);
        underWay += weight;
        running.push({ result, weight });
      }
    }
    // After the results of the items before it.
    for (const error of failures) throw error;
  } finally {
    // A hanging source must not keep its reader from leaving.
    if (!ended) void source.return(undefined).catch(() => {});
  }
}

const SOON = Symbol("soon");

/** Resolves after everything that is ready now has had its turn. */
function soon(): Promise<typeof SOON> {
  return turn().then(() => SOON);
}
