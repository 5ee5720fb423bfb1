import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { posix } from "node:path";

export interface ThreadPlan {
  readonly workers: number;
  readonly threadsPerWorker: number;
  /** Threads for a short query, or a picture, while nothing else runs: more than `threadsPerWorker` if that pays off. */
  readonly loneThreads: number;
}

/** Memory for all workers of one model, as estimated below. */
const MEMORY_FOR_WORKERS = 2 * 2 ** 30;
/** A worker's memory apart from weights and attention: JavaScript, tokenizer, other activations. */
const MEMORY_PER_WORKER = 64 * 2 ** 20;
/** Attention holds two float32 matrices of tokens x tokens per head; bge-large and bge-m3 have 16 heads. */
const ATTENTION_BYTES = 2 * 16 * 4;

/**
 * Threads up to which a short query still gets faster: by 30 to 40 % from one to two (bge-small int8; more were not
 * measured).
 */
const LONE_THREADS = 2;
/** For a picture, which is longer (ViT-B/16 has 197 patches). More were not measured. */
const LONE_PICTURE_THREADS = 4;
/** Bytes of weights up to which a worker may hold them twice, the second time with more threads. */
const LONE_WEIGHTS = 64 * 2 ** 20;

/**
 * Divides `threads` among workers: one thread each if the copies of the weights fit into 2 GiB (per copy, 1.5 times the
 * file, plus 64 MiB, plus the attention of one text of `maxTokens`); otherwise as many workers as fit, with more
 * threads each. Two workers of one thread ran 155 texts/s, one worker of two threads 99 (bge-small int8, two cores).
 * `pictures`: for a graph that reads pictures, of which a worker may hold the weights twice if that copy fits as well.
 */
export function planThreads(
  weightBytes: number,
  asked: {
    readonly threads?: number | undefined;
    readonly workers?: number | undefined;
    readonly maxTokens?: number | undefined;
    readonly pictures?: boolean | undefined;
  } = {},
): ThreadPlan {
  const { maxTokens = 512, pictures = false } = asked;
  const threads = asked.threads ?? Math.max(containerCpus(), asked.workers ?? 1);
  const copies = Math.floor(
    MEMORY_FOR_WORKERS / (1.5 * weightBytes + MEMORY_PER_WORKER + ATTENTION_BYTES * maxTokens ** 2),
  );
  const fit = Math.max(1, copies);
  // Threads first, so that none is left over if they are not divisible by the number of workers.
  const threadsPerWorker = asked.workers === undefined ? Math.ceil(threads / fit) : Math.floor(threads / asked.workers);
  const workers = asked.workers ?? Math.floor(threads / threadsPerWorker);
  const twice = pictures ? copies > workers : weightBytes <= LONE_WEIGHTS;
  const most = twice ? Math.min(pictures ? LONE_PICTURE_THREADS : LONE_THREADS, workers * threadsPerWorker) : 1;
  return { workers, threadsPerWorker, loneThreads: Math.max(threadsPerWorker, most) };
}

/**
 * Returns the number of processors available to this process: within the affinity mask, and within the cgroup quota,
 * which Node 20 ignores.
 */
export function containerCpus(read: (path: string) => string | undefined = readText): number {
  const quotas = [...quotaV2(read), ...quotaV1(read)];
  return Math.max(1, Math.min(availableParallelism(), ...quotas.map(Math.ceil)));
}

/** cgroup v2: `cpu.max` is "quota period" or "max period". Every parent group counts too. */
function quotaV2(read: (path: string) => string | undefined): number[] {
  const own = /^0::(\/.*)$/m.exec(read("/proc/self/cgroup") ?? "")?.[1] ?? "/";
  return foldersUpFrom(own).flatMap((folder) => {
    const [quota, period] = (read(posix.join("/sys/fs/cgroup", folder, "cpu.max")) ?? "max").trim().split(" ");
    return quota === "max" || quota === undefined ? [] : ratio(Number(quota), Number(period));
  });
}

/** cgroup v1: quota and period, in microseconds, are in two files. A quota of -1 means none. */
function quotaV1(read: (path: string) => string | undefined): number[] {
  const own = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(\/.*)$/m.exec(read("/proc/self/cgroup") ?? "")?.[1] ?? "/";
  return foldersUpFrom(own).flatMap((folder) => {
    const at = (name: string) => Number(read(posix.join("/sys/fs/cgroup/cpu", folder, name)) ?? "-1");
    return ratio(at("cpu.cfs_quota_us"), at("cpu.cfs_period_us"));
  });
}

function foldersUpFrom(path: string): string[] {
  const parts = path.split("/").filter(Boolean);
  return Array.from(
    { length: parts.length + 1 },
    (_, dropped) => `/${parts.slice(0, parts.length - dropped).join("/")}`,
  );
}

function ratio(quota: number, period: number): number[] {
  return quota > 0 && period > 0 ? [quota / period] : [];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
