import { isThenable } from "./api/callbacks.js";
import { invalid } from "./api/errors.js";

/** What an option must be, for a message; `undefined` for a value that will do. */
export type Check = (value: unknown) => string | undefined;

/** A check for each option that there is. */
export type Checks<Options> = Readonly<Record<keyof Options & string, Check>>;

/**
 * The options that were given, each of them known and of the right kind. One that is `undefined` counts as not given, unless it
 * is `required`.
 *
 * @param owner the function that takes them, for messages
 * @throws BgeError `INVALID_OPTION`, which names the option
 */
export function checkOptions<Options extends object>(
  options: Options,
  checks: Checks<Options>,
  owner: string,
  required: readonly (keyof Options & string)[] = [],
): Options {
  if (isThenable(options)) throw invalid("options", `of ${owner} are a promise: await it`);
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalid("options", `of ${owner} must be an object, not ${shown(options)}`);
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of [...given, ...required.map((name): [string, unknown] => [name, options[name]])]) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof Options & string] : undefined;
    if (check === undefined) {
      throw invalid(name, `is not an option of ${owner}; known are ${Object.keys(checks).join(", ")}`);
    }
    const wanted = check(value);
    if (wanted !== undefined) throw invalid(name, `must be ${wanted}, not ${shown(value)}`);
  }
  // The same type, but for what was undefined.
  return Object.fromEntries(given) as Options;
}

export function oneOf(...allowed: readonly string[]): Check {
  const wanted = allowed.map((one) => `"${one}"`).join(" or ");
  return (value) => (allowed.includes(value as string) ? undefined : wanted);
}

export const isCount: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : "a whole number of at least 1";

export const isFiniteNumber: Check = (value) => (Number.isFinite(value) ? undefined : "a finite number");

export const isText: Check = (value) => (typeof value === "string" ? undefined : "a string");

export const isFlag: Check = (value) => (typeof value === "boolean" ? undefined : "true or false");

export const isFunction: Check = (value) => (typeof value === "function" ? undefined : "a function");

export const isList: Check = (value) => (Array.isArray(value) ? undefined : "a list");

export const isSignal: Check = (value) => (isAbortSignal(value) ? undefined : "an AbortSignal");

/** By shape: an `AbortSignal` of any realm, for test runners and `node:vm` have classes of their own. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== "object" || value === null || !("aborted" in value)) return false;
  const methods = ["addEventListener", "removeEventListener", "throwIfAborted"] as const;
  return methods.every((method) => typeof (value as AbortSignal)[method] === "function");
}

/** A value as a message shows it. */
function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  return typeof value === "string" || typeof value === "object" ? JSON.stringify(value) : String(value);
}
