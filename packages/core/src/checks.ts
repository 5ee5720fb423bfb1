import { isThenable } from "./api/callbacks.js";
import { invalid, shown } from "./api/errors.js";

/** Returns what the option must be, for an error message, or `undefined` if the value is valid. */
export type Check = (value: unknown) => string | undefined;

/** One check per option. */
export type Checks<Options> = Readonly<Record<keyof Options & string, Check>>;

/**
 * Returns the options given, after checking that each is known and valid. `undefined` counts as not given, unless the option is
 * `required`.
 *
 * @param owner the function that takes the options, for error messages
 * @throws BgeError `INVALID_OPTION`, naming the option
 */
export function checkOptions<Options extends object>(
  options: Options,
  checks: Checks<Options>,
  owner: string,
  required: readonly (keyof Options & string)[] = [],
): Options {
  if (isThenable(options)) throw invalid("options", `of ${owner} are a promise; await it first`);
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalid("options", `of ${owner} must be an object, not ${shown(options)}`);
  }
  checkOwn(options, owner, (name) => Object.hasOwn(checks, name));
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of [...given, ...required.map((name): [string, unknown] => [name, options[name]])]) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof Options & string] : undefined;
    if (check === undefined) {
      throw invalid(name, `is not an option of ${owner}. Known options: ${Object.keys(checks).join(", ")}`);
    }
    const wanted = check(value);
    if (wanted !== undefined) throw invalid(name, `must be ${wanted}, not ${shown(value)}`);
  }
  // The same type, minus the undefined entries.
  return Object.fromEntries(given) as Options;
}

/** What others hide in objects and nobody means as an option: the package config in each that it gives out, a compiler in a module. */
const HIDDEN_BY_OTHERS = /^(?:get|has|util|__.*)$/;

/**
 * Rejects an options object with a property that a copy of it would silently lack: an inherited one, as of a class with getters or
 * of `Object.create(defaults)`, and a hidden one. A class may have methods, unless `isOption` says of one that it is meant.
 *
 * @throws BgeError `INVALID_OPTION`, naming the first such property
 */
export function checkOwn(options: object, owner: string, isOption = isCallback): void {
  for (let at = options; at !== null && !isRoot(at); at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (name === "constructor" || Object.prototype.propertyIsEnumerable.call(options, name)) continue;
      const isMethod = typeof Object.getOwnPropertyDescriptor(at, name)?.value === "function";
      const isOwn = at === options;
      if (isOwn ? HIDDEN_BY_OTHERS.test(name) : isMethod && !isOption(name)) continue;
      throw invalid(
        name,
        `is ${isOwn ? "a hidden" : "an inherited"} property of the options of ${owner}, and would be lost: ` +
          "pass a plain object with properties of its own",
      );
    }
  }
}

function isCallback(name: string): boolean {
  return name === "filter" || /^on[A-Z]/.test(name);
}

/** True for `Object.prototype` of any realm. */
function isRoot(object: object): boolean {
  return Object.getPrototypeOf(object) === null && Object.hasOwn(object, "hasOwnProperty");
}

export function oneOf(...allowed: readonly string[]): Check {
  const wanted = allowed.map((one) => `"${one}"`).join(" or ");
  return (value) => (allowed.includes(value as string) ? undefined : wanted);
}

export const isCount: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : "an integer of at least 1";

export const isFiniteNumber: Check = (value) => (Number.isFinite(value) ? undefined : "a finite number");

export const isPositive: Check = (value) =>
  Number.isFinite(value) && (value as number) > 0 ? undefined : "a number over 0";

export const isText: Check = (value) => (typeof value === "string" ? undefined : "a string");

export const isFlag: Check = (value) => (typeof value === "boolean" ? undefined : "true or false");

/** True for a URL, including one from another realm, as in test runners. */
export function isUrl(value: unknown): value is URL {
  return Object.prototype.toString.call(value) === "[object URL]";
}

export const isFolder: Check = (value) => {
  const isFileUrl = isUrl(value) && value.protocol === "file:";
  return isFileUrl || (typeof value === "string" && value !== "") ? undefined : "a path or a file: URL";
};

export const isFunction: Check = (value) => (typeof value === "function" ? undefined : "a function");

export const isList: Check = (value) => (Array.isArray(value) ? undefined : "an array");

/** bge-m3's weights of its three scores. */
export const isHybridWeights: Check = (value) => {
  const { dense, sparse, multiVector, ...rest } = Object(value) as Record<string, unknown>;
  const weights = [dense, sparse, multiVector] as number[];
  const isUsable =
    weights.every((weight) => Number.isFinite(weight) && weight >= 0) &&
    weights.some((weight) => weight > 0) &&
    Object.keys(rest).length === 0;
  return isUsable ? undefined : "{ dense, sparse, multiVector }, numbers of at least 0 and not all 0";
};

export const isSignal: Check = (value) => (isAbortSignal(value) ? undefined : "an AbortSignal");

/** Duck-typed, because test runners and `node:vm` contexts have an `AbortSignal` class of their own. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== "object" || value === null || !("aborted" in value)) return false;
  const methods = ["addEventListener", "removeEventListener", "throwIfAborted"] as const;
  return methods.every((method) => typeof (value as AbortSignal)[method] === "function");
}
