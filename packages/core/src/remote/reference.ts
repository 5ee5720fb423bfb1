import { invalid } from "../api/errors.js";
import { REMOTE_APIS, type RemoteModel } from "../api/remote.js";
import { type Checks, checkOptions, isCount, isText, isUrl, oneOf } from "../checks.js";
import { checkFacts } from "../model/facts.js";

/** The longest time that Node's timers can wait. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

const isModel = (value: unknown) =>
  (typeof value === "string" && value !== "") || isUrl(value) || (typeof value === "object" && value !== null)
    ? undefined
    : "a model on this machine";

/** A fact about the model, checked as those of any other model. */
const isFact =
  (name: keyof RemoteModel) =>
  (value: unknown): string | undefined => {
    checkFacts({ [name]: value }, invalid);
    return undefined;
  };

const REMOTE: Checks<RemoteModel> = {
  url: (value) => (listOf(value).length > 0 && listOf(value).every(isAddress) ? undefined : WANTED_URL),
  api: oneOf(...REMOTE_APIS),
  model: (value) => (typeof value === "string" && value !== "" ? undefined : "the name of a model on the server"),
  instructions: oneOf("client", "server"),
  apiKey: (value) => (typeof value === "function" || isVariable(value) ? undefined : WANTED_KEY),
  headers: (value) =>
    typeof value === "object" && value !== null && Object.values(value).every((one) => typeof one === "string")
      ? undefined
      : "an object of strings",
  path: (value) => (typeof value === "string" && value.startsWith("/") ? undefined : 'a path that begins with "/"'),
  scores: oneOf("logit", "sigmoid"),
  compareWith: isModel,
  maxBatchTexts: isCount,
  maxBatchCharacters: isCount,
  concurrency: isCount,
  timeoutMs: (value) =>
    isCount(value) ?? ((value as number) > LONGEST_TIMEOUT_MS ? `at most ${LONGEST_TIMEOUT_MS}` : undefined),
  attempts: isCount,
  id: isText,
  dimensions: isFact("dimensions"),
  maxTokens: isFact("maxTokens"),
  queryInstruction: isFact("queryInstruction"),
  documentInstruction: isFact("documentInstruction"),
  queryFormat: isFact("queryFormat"),
  pooling: isFact("pooling"),
  architecture: isFact("architecture"),
  licence: isFact("licence"),
};

const WANTED_URL = "one or more http: or https: addresses without a name, password, query or fragment in them";
const WANTED_KEY = "{ env: NAME_OF_A_VARIABLE } or a function that returns the key, which is never given itself";

/** A reference to a server, checked, with its addresses as URLs. */
export interface RemoteReference extends Omit<RemoteModel, "url"> {
  /** Without a slash at the end. */
  readonly addresses: readonly string[];
}

/** True if the model is behind a server. */
export function isRemote(model: unknown): model is RemoteModel {
  return typeof model === "object" && model !== null && !isUrl(model) && "url" in model;
}

/** Checks a reference to a server. @throws BgeError `INVALID_OPTION` */
export function checkRemote(model: RemoteModel): RemoteReference {
  const key = (model as { readonly apiKey?: unknown }).apiKey;
  // Before anything else, because the usual message shows the value.
  if (typeof key === "string") throw invalid("apiKey", `must be ${WANTED_KEY}`);
  // An address with a password in it is not shown either.
  if (!listOf(model.url).every(isAddress)) throw invalid("url", `must be ${WANTED_URL}`);
  const { url, ...rest } = checkOptions(model, REMOTE, "a model with a url", ["url", "api"]);
  const addresses = listOf(url).map((one) => new URL(one as string | URL).href.replace(/\/+$/, ""));
  if (new Set(addresses).size < addresses.length) throw invalid("url", "has the same address twice");
  return { ...rest, addresses };
}

/** Returns a loaded model that passes a check, or disposes it. */
export async function checkedBy<Loaded extends { dispose(): Promise<void> }>(
  loaded: Loaded,
  check: () => Promise<void>,
): Promise<Loaded> {
  try {
    await check();
    return loaded;
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
}

function listOf(url: unknown): readonly unknown[] {
  return Array.isArray(url) ? url : [url];
}

function isAddress(value: unknown): boolean {
  if (!(isUrl(value) || typeof value === "string") || !URL.canParse(String(value))) return false;
  const { protocol, username, password, search, hash } = new URL(String(value));
  return /^https?:$/.test(protocol) && username + password + search + hash === "";
}

function isVariable(value: unknown): boolean {
  const { env, ...rest } = (value ?? {}) as { readonly env?: unknown };
  return typeof env === "string" && env !== "" && Object.keys(rest).length === 0;
}
