import { invalid } from "../api/errors.js";
import { hubEndpoint, hubToken } from "../model/environment.js";
import { PATIENCE, type Patience } from "./retry.js";

/** Where and how files are asked for. */
export interface Hub {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly patience: Patience;
  readonly signal: AbortSignal | undefined;
}

/** The hub of these options, and of the environment where they say nothing. */
export function hubOf({
  endpoint = hubEndpoint(),
  token = hubToken(),
  patience = PATIENCE,
  signal,
}: {
  readonly endpoint?: string | undefined;
  readonly token?: string | false | undefined;
  readonly patience?: Patience | undefined;
  readonly signal?: AbortSignal | undefined;
}): Hub {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if ((url?.protocol !== "https:" && url?.protocol !== "http:") || url.search !== "" || url.hash !== "") {
    throw invalid("endpoint", "(or HF_ENDPOINT) must be the http(s) address of a hub");
  }
  return { endpoint: endpoint.trim().replace(/\/+$/, ""), token: token || undefined, patience, signal };
}

/** The endpoint for a message: never with credentials. */
export function hostOf({ endpoint }: Hub): string {
  const { origin, pathname } = new URL(endpoint);
  return pathname === "/" ? origin : `${origin}${pathname}`;
}
