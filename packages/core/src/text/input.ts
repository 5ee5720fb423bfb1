import { BgeError, listed } from "../api/errors.js";

/** Maximum UTF-16 units of a text. Far beyond this, V8 crashes the process on lists derived from a text. */
const MOST_CHARACTERS = 2 ** 24;

/** Checks that `texts` is a list of well-formed strings of bounded length. The error names every invalid index. */
export function checkTexts(texts: readonly string[], parameter: string): void {
  if (!Array.isArray(texts)) {
    throw new BgeError("INVALID_INPUT", `${parameter} must be an array of strings, not ${kindOf(texts)}.`, {
      parameter,
    });
  }
  const problems: string[] = [];
  const indices: number[] = [];
  // Not forEach, which would skip the holes of a sparse array.
  for (let index = 0; index < texts.length; index++) {
    const problem = problemOf(texts[index]);
    if (problem === undefined) continue;
    problems.push(`${index} (${problem})`);
    indices.push(index);
  }
  if (indices.length === 0) return;
  throw new BgeError(
    "INVALID_INPUT",
    `${indices.length} of ${texts.length} ${parameter} cannot be used: index ${listed(problems)}. Nothing was run.`,
    { parameter, indices },
  );
}

/** Checks that `text` is a well-formed string of bounded length. */
export function checkText(text: string, parameter: string): void {
  const problem = problemOf(text);
  if (problem !== undefined)
    throw new BgeError("INVALID_INPUT", `${parameter} cannot be used: ${problem}.`, { parameter });
}

/** Like `checkText`, but also rejects a blank query: no document would be closer to it than another. */
export function checkQuery(query: string): void {
  checkText(query, "query");
  if (query.trim() === "") {
    throw new BgeError("INVALID_INPUT", "query cannot be used: it is empty.", { parameter: "query" });
  }
}

function problemOf(text: unknown): string | undefined {
  if (typeof text !== "string") return `${kindOf(text)}, not a string`;
  if (text.length > MOST_CHARACTERS) return `${text.length} characters, more than ${MOST_CHARACTERS}: split it`;
  return text.isWellFormed()
    ? undefined
    : "a lone surrogate, which is half of a UTF-16 pair; see String.prototype.toWellFormed";
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
