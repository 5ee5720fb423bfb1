import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import type { DownloadProgress } from "../../../packages/core/src/api/options.js";
import { downloadModel, type PulledModel, type Wanted } from "../../../packages/core/src/hub/download.js";
import { hubOf } from "../../../packages/core/src/hub/hub.js";
import { PATIENCE } from "../../../packages/core/src/hub/retry.js";
import { graphFiles } from "../../../packages/core/src/model/graphs.js";
import { folderOf } from "../folders.js";
import { fixture } from "../models.js";
import { expectSound } from "./cache.js";
import { type Asked, type Fault, type Files, filesOf, type HubDouble, startHubDouble } from "./hub-double.js";

/** The repository that the doubles of these tests serve: a model that really computes. */
export const ID = "someone/tiny";
/** What a pull of it wants. */
export const MAIN: Wanted = {
  id: ID,
  revision: "main",
  dtype: undefined,
  stay: false,
  distrust: false,
  graphs: (dtype) => graphFiles(dtype),
  onProgress: undefined,
};
export const tiny: Files = filesOf(fixture("tiny-bert-cls"));
export const GRAPH = "onnx/model.onnx";
/** As patient as in use, but for the time it takes. */
export const QUICK = { ...PATIENCE, firstPauseMs: 1, longestPauseMs: 4, silenceMs: 10_000 };

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  readonly token?: string;
  readonly endpoint?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly patience?: Partial<typeof PATIENCE>;
}

export interface TinyHub {
  readonly hub: HubDouble;
  readonly cache: string;
  /** The commit of `main` at first. */
  readonly main: string;
  /** A download that loses no time between its tries. */
  download(options?: DownloadOptions): Promise<PulledModel>;
  /** The error of a download that must fail, and leave nothing wrong. */
  failure(options?: DownloadOptions): Promise<Error & { code: string }>;
  /** Goes wrong with the graph's content, or with what `when` picks, the first `times` times. */
  faulty(fault: Fault, times?: number, when?: (asked: Asked) => boolean): void;
  graphRequests(): Asked[];
  blobs(): string;
  partials(): string[];
}

export const isGraph = ({ at, name }: Asked) => at === "store" && name === GRAPH;

const VARIABLES = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"];
const PROXIES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];

/** A hub with the tiny model on `main`, and an empty cache, both for the running test and in its environment. */
export async function startTinyHub(files = tiny): Promise<TinyHub> {
  const cache = folderOf();
  const hub = await startHubDouble(ID);
  for (const name of [...VARIABLES, ...PROXIES, ...PROXIES.map((name) => name.toUpperCase())]) vi.stubEnv(name, "");
  vi.stubEnv("HF_HOME", cache);
  vi.stubEnv("HF_HUB_CACHE", cache);
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await hub[Symbol.asyncDispose]();
  });
  const blobs = () => join(cache, "models--someone--tiny", "blobs");
  const download = ({ onProgress, patience, ...options }: DownloadOptions = {}) =>
    downloadModel(hubOf({ endpoint: hub.endpoint, ...options, patience: { ...QUICK, ...patience } }), {
      ...MAIN,
      onProgress,
    });
  return {
    hub,
    cache,
    main: hub.commit(files),
    download,
    async failure(options) {
      const error = await download(options).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "BgeError" });
      expectSound(cache);
      return error as Error & { code: string };
    },
    faulty(fault, times = 1, when = isGraph) {
      hub.fault = (asked) => (when(asked) && asked.before < times ? fault : undefined);
    },
    graphRequests: () => hub.asked.filter(isGraph),
    blobs,
    partials: () => readdirSync(blobs()).filter((name) => name.endsWith(".incomplete")),
  };
}
