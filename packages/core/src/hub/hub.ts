import { invalid } from "../api/errors.js";
import { hubEndpoint, hubToken } from "../model/environment.js";
import { PATIENCE, type Patience } from "./retry.js";

/** Where and how files are requested. */
export interface Hub {
  /** Without a trailing slash. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly patience: Patience;
  readonly signal: AbortSignal | undefined;
}

/** Returns the hub for these options, with defaults from the environment. @throws BgeError `INVALID_OPTION` */
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
    throw invalid(
      "endpoint",
      "(or HF_ENDPOINT) must be the http:// or https:// address of a hub, without a query or fragment",
    );
  }
  return { endpoint: endpoint.trim().replace(/\/+$/, ""), token: token || undefined, patience, signal };
}

/** Formats the endpoint for a message, without credentials. */
export function hostOf({ endpoint }: Hub): string {
  const { origin, pathname } = new URL(endpoint);
  return pathname === "/" ? origin : `${origin}${pathname}`;
}
