/** Deeper values are refused: they would overflow the stack. */
const DEEPEST = 100;

/**
 * Returns which part of a value JSON would not give back as it is, or `undefined`. A property that is undefined counts
 * as absent.
 */
export function notJson(value: unknown, path: string, depth = 0): string | undefined {
  if (depth > DEEPEST) return `${path} is nested more than ${DEEPEST} levels deep, or in itself`;
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : `${path} is ${value}`;
    case "object":
      break;
    default:
      return `${path} is of type ${typeof value}`;
  }
  if (value === null) return undefined;
  if (Array.isArray(value)) return first(value.keys(), (i) => notJson(value[i], `${path}[${i}]`, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  // Not by identity: an object may come from another realm.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return `${path} is an object of the class ${value.constructor?.name || "?"}`;
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return `${path}.toJSON is a method`;
  return first(Object.entries(value), ([name, own]) =>
    own === undefined ? undefined : notJson(own, `${path}.${name}`, depth + 1),
  );
}

/** Returns the JSON of an object's own fields and what it gives back, or what keeps it from being stored so. */
export function fieldsAsJson<F extends object>(given: F): { readonly json: string; readonly copy: F } | string {
  // Not the object itself, which may be of a class that writes itself as something else.
  const own = { ...given };
  const problem = notJson(own, "");
  if (problem !== undefined) {
    return `is kept as JSON: its field ${problem.replace(/^\./, "")}, which JSON does not give back`;
  }
  const json = JSON.stringify(own);
  return { json, copy: JSON.parse(json) as F };
}

/**
 * Returns a document's JSON and the document that it gives back, or what keeps it from being stored so, as it follows "a
 * document".
 */
export function documentAsJson<D extends { readonly id: string; readonly text: string }>(
  document: D,
): { readonly json: string; readonly copy: D } | string {
  const kept = fieldsAsJson(document);
  // An object of a class may have getters, which are no fields of its own.
  if (typeof kept !== "string" && (kept.copy.id !== document.id || kept.copy.text !== document.text)) {
    return "is kept as JSON, which does not give back its id and text: pass a plain object { id, text }";
  }
  return kept;
}

function first<T>(values: Iterable<T>, check: (value: T) => string | undefined): string | undefined {
  for (const value of values) {
    const problem = check(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
