import type { InputType } from "../api/options.js";

/**
 * Returns what tells of texts that already begin with what is put before them, as those of a program do that used to prefix them by
 * hand: read twice, an instruction moves the vector, and nothing else would show it. Once a model and kind of text.
 */
export function repeatedInstruction(
  id: string,
  inputType: InputType,
  prefix: string,
): (texts: readonly string[]) => void {
  const words = prefix.trim();
  let warned = words === "";
  // "Finding" does not begin with the instruction "Find".
  const endsInWord = /[\p{L}\p{N}]$/u.test(words);
  const begins = (text: string) =>
    text.startsWith(words) && !(endsInWord && /^[\p{L}\p{N}]/u.test(text.slice(words.length)));
  return (texts) => {
    if (warned || !texts.some(begins)) return;
    warned = true;
    const instead = inputType === "query" ? ", or load the model with queryInstruction: false" : "";
    process.emitWarning(
      `${id}: a ${inputType} begins with ${JSON.stringify(words)}, which is put before each: it is read twice. Pass the text alone${instead}. ` +
        "This warning is emitted once per model.",
      { type: "BgeWarning", code: "BGE_INSTRUCTION" },
    );
  };
}
