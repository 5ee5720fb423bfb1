import { availableParallelism } from "node:os";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { containerCpus, planThreads } from "./thread-plan.js";

const machine = availableParallelism();

/** Simulates a machine's files for `containerCpus`. */
function reading(files: Readonly<Record<string, string>>): (path: string) => string | undefined {
  return (path) => files[path];
}

describe("containerCpus", () => {
  test("is what the machine has if there are no cgroup files", () => {
    expect(containerCpus(reading({}))).toBe(machine);
  });

  test("reads the quota of cgroup v2", () => {
    const quota = (text: string) => containerCpus(reading({ "/sys/fs/cgroup/cpu.max": text }));
    expect(quota("100000 100000\n")).toBe(1);
    expect(quota("max 100000\n")).toBe(machine);
    expect(quota("6400000 100000\n")).toBe(Math.min(machine, 64));
  });

  test("reads the quota of cgroup v1, where -1 means none", () => {
    const quota = (microseconds: string) =>
      containerCpus(
        reading({
          "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": microseconds,
          "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        }),
      );
    expect(quota("100000\n")).toBe(1);
    expect(quota("-1\n")).toBe(machine);
  });

  test("rounds fractions up, and is never 0", () => {
    const v2 = (text: string) => containerCpus(reading({ "/sys/fs/cgroup/cpu.max": text }));
    expect(v2("1000 100000")).toBe(1);
    expect(v2("100001 100000")).toBe(Math.min(machine, 2));
    expect(v2("0 100000")).toBe(machine);
  });

  test("obeys the tightest of its own group and all groups above", () => {
    const nested = (own: string, parent: string) =>
      containerCpus(
        reading({
          "/proc/self/cgroup": "0::/kubepods/pod1/container1\n",
          "/sys/fs/cgroup/kubepods/pod1/container1/cpu.max": own,
          "/sys/fs/cgroup/kubepods/cpu.max": parent,
        }),
      );
    expect(nested("max 100000", "50000 100000")).toBe(1);
    expect(nested("50000 100000", "max 100000")).toBe(1);
    expect(nested("max 100000", "max 100000")).toBe(machine);
  });

  test("finds its own group among the controllers of cgroup v1", () => {
    const files = {
      "/proc/self/cgroup": "12:memory:/docker/abc\n5:cpuacct,cpu:/docker/abc\n1:name=systemd:/elsewhere\n",
      "/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "50000",
      "/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000",
    };
    expect(containerCpus(reading(files))).toBe(1);
    expect(containerCpus(reading({ ...files, "/proc/self/cgroup": "3:cpuset:/docker/abc\n" }))).toBe(machine);
  });

  test("sees the quota of the container's root if the path is the host's", () => {
    expect(
      containerCpus(
        reading({
          "/proc/self/cgroup": "4:cpu,cpuacct:/docker/not-mounted-here\n",
          "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000",
          "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        }),
      ),
    ).toBe(1);
  });

  test("ignores files with other contents", () => {
    for (const text of ["", "nonsense", "100000", "-5 100000"]) {
      expect(containerCpus(reading({ "/sys/fs/cgroup/cpu.max": text }))).toBe(machine);
    }
  });
});

describe("planThreads", () => {
  const MiB = 2 ** 20;

  test("gives a small model one thread per worker", () => {
    expect(planThreads(34 * MiB, { threads: 2 })).toEqual({ workers: 2, threadsPerWorker: 1, loneThreads: 2 });
    expect(planThreads(34 * MiB, { threads: 8 })).toEqual({ workers: 8, threadsPerWorker: 1, loneThreads: 2 });
  });

  test("gives a large model as many workers as fit into 2 GiB, with more threads each", () => {
    expect(planThreads(600 * MiB, { threads: 8 })).toEqual({ workers: 2, threadsPerWorker: 4, loneThreads: 4 });
    expect(planThreads(5000 * MiB, { threads: 8 })).toEqual({ workers: 1, threadsPerWorker: 8, loneThreads: 8 });
  });

  test("allows for the memory of a text of maximum length in every worker", () => {
    expect(planThreads(34 * MiB, { threads: 8, maxTokens: 512 }).workers).toBe(8);
    expect(planThreads(34 * MiB, { threads: 8, maxTokens: 2048 }).workers).toBe(2);
    expect(planThreads(34 * MiB, { threads: 8, maxTokens: 8192 })).toEqual({
      workers: 1,
      threadsPerWorker: 8,
      loneThreads: 8,
    });
    expect(planThreads(34 * MiB, { workers: 3, maxTokens: 8192 }).workers).toBe(3);
  });

  test("leaves no thread over if they are not divisible by the workers that fit", () => {
    // Seven copies of this file fit into 2 GiB.
    expect(planThreads(125 * MiB, { threads: 12 })).toEqual({ workers: 6, threadsPerWorker: 2, loneThreads: 2 });
    expect(planThreads(125 * MiB, { threads: 7 })).toEqual({ workers: 7, threadsPerWorker: 1, loneThreads: 1 });
  });

  test("follows the options", () => {
    expect(planThreads(34 * MiB, { threads: 8, workers: 2 })).toEqual({
      workers: 2,
      threadsPerWorker: 4,
      loneThreads: 4,
    });
    expect(planThreads(5000 * MiB, { threads: 4, workers: 4 })).toEqual({
      workers: 4,
      threadsPerWorker: 1,
      loneThreads: 1,
    });
    expect(planThreads(34 * MiB, { workers: 200 })).toEqual({ workers: 200, threadsPerWorker: 1, loneThreads: 2 });
  });

  test("gives a lone picture more threads where there is memory for one more copy of the weights", () => {
    const plan = (megabytes: number, threads: number) =>
      planThreads(megabytes * MiB, { threads, maxTokens: 257, pictures: true });
    expect(plan(85, 2)).toEqual({ workers: 2, threadsPerWorker: 1, loneThreads: 2 });
    expect(plan(329, 2)).toEqual({ workers: 2, threadsPerWorker: 1, loneThreads: 2 });
    expect(plan(329, 3)).toEqual({ workers: 3, threadsPerWorker: 1, loneThreads: 1 });
    expect(plan(329, 4)).toEqual({ workers: 2, threadsPerWorker: 2, loneThreads: 4 });
    expect(plan(1200, 8)).toEqual({ workers: 1, threadsPerWorker: 8, loneThreads: 8 });
  });

  test("uses what the container has by default", () => {
    const { workers, threadsPerWorker } = planThreads(MiB);
    expect(workers * threadsPerWorker).toBeLessThanOrEqual(containerCpus());
    expect(workers * threadsPerWorker).toBeGreaterThan(containerCpus() / 2);
  });

  test("never plans more threads than there are, nor a worker without one", () => {
    const asked = fc.record({ threads: fc.integer({ min: 1, max: 128 }), workers: fc.integer({ min: 1, max: 128 }) });
    fc.assert(
      fc.property(fc.nat(10_000 * MiB), asked, fc.boolean(), (bytes, { threads, workers }, auto) => {
        const plan = planThreads(bytes, auto ? { threads } : { threads, workers: Math.min(workers, threads) });
        expect(plan.workers * plan.threadsPerWorker).toBeLessThanOrEqual(threads);
        expect(Math.min(plan.workers, plan.threadsPerWorker)).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});
