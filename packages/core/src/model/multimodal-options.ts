import { invalid } from "../api/errors.js";
import type { MultimodalOptions, UrlPolicy } from "../api/multimodal.js";
import { type Checks, checkOptions, isCount, isFlag, oneOf } from "../checks.js";
import { LOAD } from "./options.js";

/** As Pillow's, above which it warns of a decompression bomb. */
const MAX_PIXELS = 89_478_485;
const MAX_BYTES = 64 * 2 ** 20;
/** 1280 tokens a picture, as transformers' own class: full attention over the patches of four times as many pixels takes 16 times the memory. */
const MAX_SCALED_PIXELS = 1280 * 28 * 28;
const MAX_REDIRECTS = 3;
const TIMEOUT_MS = 30_000;

export const MULTIMODAL_OPTIONS: Checks<MultimodalOptions> = {
  ...LOAD,
  maxPixels: isCount,
  maxBytes: isCount,
  maxScaledPixels: isCount,
  orientation: oneOf("ignore", "apply"),
  allowUrls: (value) =>
    isFlag(value) === undefined || (typeof value === "object" && value !== null)
      ? undefined
      : "true, false or { hosts?, maxRedirects?, timeoutMs? }",
};

const URLS: Checks<UrlPolicy> = {
  hosts: (value) =>
    Array.isArray(value) && value.every((host) => typeof host === "string" && /^[^\s/:@]+$/.test(host))
      ? undefined
      : "a list of host names",
  maxRedirects: (value) =>
    Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : "an integer of at least 0",
  timeoutMs: isCount,
};

/** How pictures are read, with the defaults filled in. */
export interface ImagePolicy {
  readonly limits: Required<Pick<MultimodalOptions, "maxPixels" | "maxBytes" | "orientation">>;
  /** Of the models that scale pictures. */
  readonly maxScaledPixels: number;
  /** Without it, no picture is downloaded. */
  readonly urls: (UrlPolicy & Required<Omit<UrlPolicy, "hosts">>) | undefined;
}

/** @throws BgeError `INVALID_OPTION` */
export function imagePolicy(options: MultimodalOptions): ImagePolicy {
  const { maxPixels = MAX_PIXELS, maxBytes = MAX_BYTES, maxScaledPixels = MAX_SCALED_PIXELS } = options;
  const { orientation = "ignore", allowUrls = false } = options;
  const given = typeof allowUrls === "object" ? checkOptions(allowUrls, URLS, "allowUrls") : {};
  if (given.timeoutMs !== undefined && given.timeoutMs >= 2 ** 31) throw invalid("timeoutMs", "is longer than a timer");
  const urls = { maxRedirects: MAX_REDIRECTS, timeoutMs: TIMEOUT_MS, ...given };
  const limits = { maxPixels, maxBytes, orientation };
  return { limits, maxScaledPixels, urls: allowUrls === false ? undefined : urls };
}
