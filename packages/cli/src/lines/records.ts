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

/** Returns a line's text, or what is wrong with the line. */
export function toRecord(line: Line, { text: plain, field }: LineFormat): TextRecord | { readonly problem: string } {
  const { at } = line;
  if ("problem" in line) return { problem: `${at} ${line.problem}` };
  if (plain) return { at, text: line.text, fields: { text: line.text } };
  const value = parsed(line.text);
  if (value === undefined) return { problem: `${at} is not JSON (are the lines plain text? then use --text)` };
  if (typeof value === "string") return { at, text: value, fields: { text: value } };
  if (!isObject(value)) return { problem: `${at} must be a JSON string or object` };
  const text = Object.hasOwn(value, field) ? value[field] : undefined;
  if (typeof text !== "string") return { problem: `${at} has no string ${JSON.stringify(field)}` };
  return { at, text, fields: value, ...(hasLongNumber(line.text) && { exact: line.text.trim() }) };
}

/**
 * Returns a record's object with more fields, as JSON. Numbers that JavaScript would round, such as ids of 64 bits, stay as they are, unless
 * the object has one of these fields already.
 */
export function withMore(
  { fields, exact }: Pick<TextRecord, "fields" | "exact">,
  more: Readonly<Record<string, unknown>>,
): string {
  const canKeep = exact !== undefined && !Object.keys(more).some((name) => Object.hasOwn(fields, name));
  return canKeep
    ? `${exact.slice(0, -1).trimEnd()},${JSON.stringify(more).slice(1)}`
    : JSON.stringify({ ...fields, ...more });
}

/** True if a line of JSON has a number with more digits than JavaScript holds. */
export function hasLongNumber(json: string): boolean {
  // Most lines have none even among their strings.
  if (!/\d{16}/.test(json.replaceAll(".", ""))) return false;
  const numbers = json.replace(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d[\d.eE+-]*/g) ?? [];
  return numbers.some((number) => /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number)));
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
