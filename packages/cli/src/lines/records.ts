import type { Line } from "./read-lines.js";

/** A text from a line, and what its result is written with. */
export interface TextRecord {
  /** Where it stands, for messages: `line 3`. */
  readonly at: string;
  readonly text: string;
  /** The line's object, or `{ text }`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The line itself, if it is an object whose numbers `fields` rounds. */
  readonly exact?: string;
}

/** How a line becomes a text. */
export interface LineFormat {
  /** The whole line is the text. Otherwise it is JSON. */
  readonly text: boolean;
  /** The name of the text in a JSON object. */
  readonly field: string;
}

/** What is wrong with a line of which a number would be rounded, after where it stands. */
export const TOO_MANY_DIGITS = "has a number with more digits than JavaScript keeps: write it as a string";

/**
 * Returns a line's text, or what is wrong with the line.
 *
 * @param added the names of the fields that its result adds
 */
export function toRecord(
  line: Line,
  { text: plain, field }: LineFormat,
  added: readonly string[],
): TextRecord | { readonly problem: string } {
  const { at } = line;
  if ("problem" in line) return { problem: `${at} ${line.problem}` };
  if (plain) return { at, text: line.text, fields: { text: line.text } };
  const value = parsed(line.text);
  if (value === undefined) return { problem: `${at} is not JSON (are the lines plain text? then use --text)` };
  if (typeof value === "string") return { at, text: value, fields: { text: value } };
  if (!isObject(value)) return { problem: `${at} must be a JSON string or object` };
  const text = Object.hasOwn(value, field) ? value[field] : undefined;
  if (typeof text !== "string") return { problem: `${at} has no string ${JSON.stringify(field)}` };
  if (!hasLongNumber(line.text)) return { at, text, fields: value };
  // A line that goes on as it is written cannot lose a field.
  if (added.some((name) => Object.hasOwn(value, name))) return { problem: `${at} ${TOO_MANY_DIGITS}` };
  return { at, text, fields: value, exact: line.text.trim() };
}

/** Returns a record's object with the added fields, as JSON. Whole numbers that JavaScript would round, such as ids of 64 bits, stay as they are. */
export function withMore(
  { fields, exact }: Pick<TextRecord, "fields" | "exact">,
  added: Readonly<Record<string, unknown>>,
): string {
  return exact === undefined
    ? JSON.stringify({ ...fields, ...added })
    : `${exact.slice(0, -1).trimEnd()},${JSON.stringify(added).slice(1)}`;
}

/** True if a line of JSON has a whole number with more digits than JavaScript holds. */
export function hasLongNumber(json: string): boolean {
  // Most lines have none even among their strings.
  if (!/\d{16}/.test(json)) return false;
  // A pattern for a whole string would need a stack as long as that.
  let isInString = false;
  for (const [token] of json.matchAll(/"|\\.|\d[\d.eE+-]*/g)) {
    if (token === '"') isInString = !isInString;
    else if (!isInString && /^\d+$/.test(token) && !Number.isSafeInteger(Number(token))) return true;
  }
  return false;
}

/** Returns the value of a line of JSON; `undefined` for what is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
