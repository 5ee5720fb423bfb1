import { Failure, validation } from "./failure.js";

/** The JSON of a request. Readers of its fields throw what is answered; `null` counts as not given, as in TEI. */
export type Body = Readonly<Record<string, unknown>>;

export function bodyOf(json: unknown, name?: string): Body {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Body;
  throw validation(`${name === undefined ? "the body" : `\`${name}\``} must be a JSON object`);
}

export function isGiven(body: Body, name: string): boolean {
  return (body[name] ?? undefined) !== undefined;
}

/** Reads one text, or a list of up to `most`. */
export function textsOf(
  body: Body,
  name: string,
  most: number,
): { readonly texts: readonly string[]; readonly isList: boolean } {
  const value = body[name];
  if (typeof value === "string") return { texts: [value], isList: false };
  if (!Array.isArray(value)) throw validation(`\`${name}\` must be a string or a list of strings`);
  if (value.length === 0) throw new Failure(400, "Empty", `\`${name}\` cannot be empty`);
  if (value.length > most) {
    throw new Failure(422, "Validation", `batch size ${value.length} > maximum allowed batch size ${most}`);
  }
  const bad = value.findIndex((text) => typeof text !== "string");
  if (bad >= 0)
    throw validation(
      `\`${name}\` must be a string or a list of strings: index ${bad} is none (token ids are not supported)`,
    );
  return { texts: value as string[], isList: true };
}

export function textOf(body: Body, name: string): string {
  const value = body[name];
  if (typeof value === "string") return value;
  throw validation(`\`${name}\` must be a string`);
}

export function flagOf(body: Body, name: string, usual: boolean): boolean {
  const value = body[name] ?? usual;
  if (typeof value === "boolean") return value;
  throw validation(`\`${name}\` must be true or false`);
}

/** Reads a count of at least 1 and up to `most`, if it is given. */
export function countOf(body: Body, name: string, most: number): number | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most) return value as number;
  throw validation(`\`${name}\` must be a whole number from 1 to ${most}`);
}

export function choiceOf<T extends string>(body: Body, name: string, choices: readonly T[]): T | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined || choices.includes(value as T)) return value as T | undefined;
  throw validation(`\`${name}\` must be one of ${choices.join(", ")}`);
}
