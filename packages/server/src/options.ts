import { type Check, type Checks, checkOptions, invalid, isCount, isFlag } from "@bge-js/core/adapter";
import type { ServeOptions } from "./api.js";

const isModel: Check = (value) =>
  typeof value === "string" || (typeof value === "object" && value !== null && !("dispose" in value))
    ? undefined
    : "a model to load";
const isObject: Check = (value) => (typeof value === "object" && value !== null ? undefined : "an object");

const SERVE: Checks<ServeOptions> = {
  embedder: (value) => (value === false ? undefined : isModel(value)),
  reranker: isModel,
  embedderOptions: isObject,
  rerankerOptions: isObject,
  host: (value) => (typeof value === "string" && value !== "" ? undefined : "a host name or an address"),
  port: (value) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) < 65_536 ? undefined : "a port",
  apiKey: (value) => (typeof value === "function" || isVariable(value) ? undefined : WANTED_KEY),
  autoTruncate: isFlag,
  maxBatchTexts: isCount,
  maxBodyBytes: isCount,
  maxConcurrentRequests: isCount,
  graceMs: isCount,
};

const WANTED_KEY = "{ env: NAME_OF_A_VARIABLE } or a function that returns the key, which is never given itself";

/** The options with their defaults. */
export type Settings = ServeOptions &
  Required<
    Pick<
      ServeOptions,
      "host" | "port" | "autoTruncate" | "maxBatchTexts" | "maxBodyBytes" | "maxConcurrentRequests" | "graceMs"
    >
  >;

export function settingsOf(options: ServeOptions): Settings {
  // Before anything else, because the usual message shows the value.
  if (typeof (options as { readonly apiKey?: unknown } | null)?.apiKey === "string") {
    throw invalid("apiKey", `must be ${WANTED_KEY}`);
  }
  const checked = checkOptions(options, SERVE, "serve");
  if (checked.embedder === false && checked.reranker === undefined) {
    throw invalid("embedder", "is false, and there is no reranker: nothing would be served");
  }
  return {
    host: "127.0.0.1",
    port: 8080,
    autoTruncate: false,
    maxBatchTexts: 2048,
    maxBodyBytes: 2_000_000,
    maxConcurrentRequests: 512,
    graceMs: 30_000,
    ...checked,
  };
}

/** Returns the key of the environment or of the function. @throws BgeError `INVALID_OPTION` if there is none */
export async function keyOf({ apiKey }: ServeOptions): Promise<string | undefined> {
  if (apiKey === undefined) return undefined;
  const key = typeof apiKey === "function" ? await apiKey() : process.env[apiKey.env];
  // Files of secrets often end in a line break, and a header takes no other characters.
  if (typeof key === "string" && /^[\x20-\x7e]+$/.test(key.trim())) return key.trim();
  const named = typeof apiKey === "function" ? "returned no key" : `names ${apiKey.env}, which holds no key`;
  throw invalid("apiKey", `${named} (printable ASCII)`);
}

function isVariable(value: unknown): boolean {
  const { env, ...rest } = (value ?? {}) as { readonly env?: unknown };
  return typeof env === "string" && env !== "" && Object.keys(rest).length === 0;
}
