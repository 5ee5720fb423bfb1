import { BgeError } from "../api/errors.js";
import type { EngineCall } from "../engine/pool.js";
import type { Windows } from "../protocol.js";
import { joinWindows, type TextWindow } from "../rows/windows.js";
import { countTexts } from "./encode-texts.js";
import type { TextResult } from "./results.js";
import { type OverLimit, ofInput, type Reading, runTexts, type TextTask } from "./run-texts.js";

/**
 * Reads texts to keep: like `runTexts`, but what the model cannot read at once is read in further windows. The heads are those
 * of a vector, if any, and `kept-rows`. A result has the windows' vectors one after the other, the first as without windows,
 * and their rows by `joinWindows`. Only what lies beyond the last window counts as cut off.
 */
export const IN_WINDOWS: Reading = { run: runInWindows, overLimit: lengthsBeyondWindows };

async function runInWindows(
  call: EngineCall,
  texts: readonly string[],
  task: TextTask,
  onDone?: (count: number) => void,
): Promise<TextResult[]> {
  const results = await runTexts(call, texts, { ...task, encoding: inWindows(task.encoding) }, onDone);
  const windows = await Promise.all(
    results.map((result, i) => (isCut(result) ? divide(call, texts[i]!, result.tokens, task) : undefined)),
  );
  const further = windows.flatMap((divided, text) =>
    divided === undefined || "error" in divided
      ? []
      : rangesOf(divided)
          .slice(1)
          .map((range) => ({ text, ...range })),
  );
  const read =
    further.length === 0
      ? []
      : await runTexts(
          call,
          further.map(({ text, start, end }) => texts[text]!.slice(start, end)),
          task,
        );
  const more = new Map<number, (TextResult & { readonly start: number; readonly end: number })[]>();
  for (const [i, { text, ...range }] of further.entries()) {
    more.set(text, [...(more.get(text) ?? []), { ...read[i]!, ...range }]);
  }
  return results.map((result, i) => {
    const divided = windows[i];
    if (result.error !== undefined) return result;
    if (divided !== undefined && "error" in divided) return divided;
    const first = { ...result, start: 0, end: divided?.ranges[1] ?? texts[i]!.length };
    const kept = divided?.kept ?? result.kept;
    return joined([first, ...(more.get(i) ?? [])], { tokens: result.tokens, kept });
  });
}

/** One result of a text's windows, or the error of the first that has one. */
function joined(
  windows: readonly (TextResult & { readonly start: number; readonly end: number })[],
  { tokens, kept }: { readonly tokens: number; readonly kept: number },
): TextResult {
  const vectors: Float32Array[] = [];
  const rows: TextWindow[] = [];
  for (const { start, end, ...result } of windows) {
    if (result.error !== undefined) return result;
    vectors.push(result.data);
    rows.push({ start, end, rows: result.keptRows! });
  }
  const data = vectors.length === 1 ? vectors[0]! : Float32Array.from(vectors.flatMap((vector) => [...vector]));
  return { data, keptRows: joinWindows({ tokens, kept, windows: rows }), tokens, kept };
}

async function divide(
  call: EngineCall,
  text: string,
  tokens: number,
  { encoding: { maxTokens } }: TextTask,
): Promise<Windows | { readonly error: BgeError }> {
  try {
    return await call.run({ type: "divide", text, tokens, maxTokens });
  } catch (error) {
    return { error: ofInput(error) };
  }
}

async function lengthsBeyondWindows(
  call: EngineCall,
  texts: readonly string[],
  { maxTokens }: TextTask["encoding"],
): Promise<OverLimit> {
  const counts = await countTexts(call, texts);
  let limit = Number.POSITIVE_INFINITY;
  const tokens = await Promise.all(
    texts.map(async (text, i) => {
      if (counts[i]! <= maxTokens) return 0;
      const { kept, total } = await call.run({ type: "divide", text, tokens: counts[i]!, maxTokens }).catch((error) => {
        const { code, message, cause } = ofInput(error);
        throw new BgeError(code, message, { indices: [i], cause });
      });
      if (kept === total) return 0;
      limit = Math.min(limit, kept);
      return total;
    }),
  );
  return { tokens: Int32Array.from(tokens), ...(limit < Number.POSITIVE_INFINITY && { limit }) };
}

function isCut(result: TextResult): result is Exclude<TextResult, { error: BgeError }> {
  return result.error === undefined && result.tokens > result.kept;
}

function inWindows(encoding: TextTask["encoding"]): TextTask["encoding"] {
  return encoding.form === "single" ? { ...encoding, inWindows: true } : encoding;
}

function rangesOf({ ranges }: Windows): { readonly start: number; readonly end: number }[] {
  return Array.from({ length: ranges.length / 2 }, (_, i) => ({ start: ranges[2 * i]!, end: ranges[2 * i + 1]! }));
}
