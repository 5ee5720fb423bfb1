import { BgeError } from "@bge-js/core";
import { abortable, HttpFailure, invalid, messageOf, PATIENCE, withRetries } from "@bge-js/core/adapter";
import type { StoreCallOptions } from "../api.js";

/**
 * Runs one SQL statement with values for `$1`, `$2`, ... and resolves to its rows: `pool.query` of `pg` and `db.query` of PGlite
 * do, bound to their object. Values are strings and numbers.
 */
export type PostgresQuery = (text: string, values: unknown[]) => Promise<{ readonly rows: readonly unknown[] }>;

export type Rows = readonly Readonly<Record<string, unknown>>[];

/** Runs a statement, again after a while where that may help. @throws BgeError `STORE_FAILED` */
export type Run = (doing: string, text: string, values: unknown[], options: StoreCallOptions) => Promise<Rows>;

/** Classes of SQLSTATE that may be gone with the next try: connection, transaction rollback, resources, intervention. */
const LATER = new Set(["08", "40", "53", "57"]);
const NETWORK = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOENT", "EAI_AGAIN"]);
/** Classes that speak of the values: data, integrity, limits. */
const OF_VALUES = new Set(["22", "23", "54"]);

export function createRun(query: PostgresQuery): Run {
  return async (doing, text, values, { signal }) => {
    const orAbort = abortable(signal);
    try {
      const request = () => query(text, values).catch((error: unknown) => Promise.reject(toFailure(error)));
      const { rows } = await withRetries(() => orAbort(request()), PATIENCE, signal);
      return rows as Rows;
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const advice = error.retriable ? "It was tried several times. Call again: what is stored stays." : "";
      const message = `PostgreSQL could not ${doing}: ${error.message}. ${advice}`.trim();
      throw new BgeError("STORE_FAILED", message, { cause: error.cause });
    }
  };
}

/** True for an error that the values of a statement have caused. */
export function isOfValues(error: unknown): boolean {
  const { code } = ((error as { readonly cause?: unknown }).cause ?? {}) as { readonly code?: unknown };
  return typeof code === "string" && code.length === 5 && OF_VALUES.has(code.slice(0, 2));
}

/** Checks `name` or `schema.name`, and returns it with a suffix, in quotes. */
export function quoted(table: string, suffix = ""): string {
  return `${table}${suffix}`
    .split(".")
    .map((part) => `"${part}"`)
    .join(".");
}

export function checkTable(table: unknown): void {
  if (typeof table === "string" && /^([a-z_][a-z0-9_]{0,39}\.)?[a-z_][a-z0-9_]{0,39}$/.test(table)) return;
  throw invalid("table", "must be a name or schema.name of lower-case letters, digits and _, up to 40 each");
}

function toFailure(error: unknown): HttpFailure {
  const { code } = (typeof error === "object" && error !== null ? error : {}) as { readonly code?: unknown };
  const state = typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
  // Without a state, the driver has lost its server: `pg` says "Connection terminated unexpectedly", and nothing more.
  const isGone = /connection|terminated|timeout/i.test(messageOf(error));
  const retriable = state === undefined ? NETWORK.has(String(code)) || isGone : LATER.has(state.slice(0, 2));
  return new HttpFailure(`${messageOf(error)}${state ? ` (SQLSTATE ${state})` : ""}`, { retriable, cause: error });
}
