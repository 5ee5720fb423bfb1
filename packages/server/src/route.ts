import type { Body } from "./fields.js";
import type { Models } from "./models.js";
import type { Settings } from "./options.js";

/** What a route works with. */
export interface Context {
  readonly models: Models;
  readonly settings: Settings;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

/** Answers a request with JSON: a value, or a `JsonText` where it may be long. */
export type Route = (body: Body, context: Context) => Promise<unknown>;
