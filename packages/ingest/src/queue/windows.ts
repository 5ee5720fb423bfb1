import { sleep } from "@bge-js/core/adapter";
import type { Checked } from "../pipeline/documents.js";
import type { Taken } from "../pipeline/intake.js";

/** Limits of a window; a single document may have more characters. */
interface Most {
  readonly documents: number;
  readonly characters: number;
  readonly ms: number;
}

/**
 * Puts documents together, no two with the same id, as they come from a source, which may be slow: what has come is yielded after
 * `ms` milliseconds at the latest, also if that is nothing.
 */
export async function* windowsOf(
  source: AsyncGenerator<Taken, void, undefined>,
  most: Most,
): AsyncGenerator<readonly Checked[], void, undefined> {
  let window = new Map<string, Checked>();
  let characters = 0;
  const take = () => {
    const taken = [...window.values()];
    window = new Map();
    characters = 0;
    return taken;
  };
  const draw = () => {
    const next = source.next();
    // It may fail while nobody waits for it.
    next.catch(() => {});
    return next;
  };
  const tick = () => sleep(most.ms, undefined, { ref: false });
  let ticking = tick();
  try {
    for (let next = draw(); ; ) {
      const drawn = await Promise.race([next, ticking]);
      if (drawn === undefined) {
        yield take();
        ticking = tick();
        continue;
      }
      if (drawn.done) break;
      const { checked } = drawn.value;
      if (window.has(checked.document.id)) yield take();
      window.set(checked.document.id, checked);
      characters += checked.characters;
      if (window.size >= most.documents || characters >= most.characters) yield take();
      next = draw();
    }
    if (window.size > 0) yield take();
  } finally {
    // A source that hangs is left to end when it can.
    source.return().catch(() => {});
  }
}
