import { homedir, hostname, userInfo } from "node:os";
import { expect, test } from "vitest";
import type { Diagnosis } from "../../packages/cli/src/doctor/report.js";
import { bge, jsonLines } from "../support/bge.js";
import { folderOf } from "../support/folders.js";

test("a healthy machine", async () => {
  const { code, out, err } = await bge(["doctor", "--json"], {
    env: { HF_HOME: folderOf(), ORT_DISABLE_TELEMETRY: undefined },
  });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const [report] = jsonLines<Diagnosis>(out) as [Diagnosis];
  expect(report.versions).toMatchObject({
    node: process.version,
    onnxruntime: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  });
  expect(report.processor.threads).toBeLessThanOrEqual(report.processor.available);
  expect(report.runtime.needed).toBeGreaterThan(10e6);
  expect(report.runtime.total).toBeGreaterThan(2 * report.runtime.needed);
  expect(report.telemetry).not.toBe("on");
  expect(report.models.map(({ canary }) => canary?.verdict)).toEqual(["pass", "pass", "pass"]);
  for (const speed of Object.values(report.benchmark!)) expect(speed).toBeGreaterThan(0);
  expect(report.problems).toEqual([]);
});

test("the report has no path, no user and no host, and says what is wrong", async () => {
  const folder = folderOf();
  // Where telemetry that is on leaves its files.
  const places = { HOME: folder, XDG_CACHE_HOME: folder, TMPDIR: folder };
  const env = { HF_HOME: folder, ...places, ORT_DISABLE_TELEMETRY: "0", HF_TOKEN: "hf_secret" };
  const { code, out, err } = await bge(["doctor", "--no-benchmark"], { env });
  expect({ code, err }).toEqual({ code: 1, err: "" });
  expect(out).toMatch(/^bge +\d.*\nsystem +.*\nprocessor +.*\nthreads +\d/);
  if (process.platform !== "win32") expect(out).toMatch(/^load +\d+\.\d in the last minute/m);
  expect(out).toContain("PROBLEM: ONNX Runtime's telemetry is on");
  for (const secret of [homedir(), process.cwd(), hostname(), env.HF_HOME, env.HF_TOKEN])
    expect(out).not.toContain(secret);
  expect(out).not.toMatch(new RegExp(`\\b${userInfo().username}\\b`));
});
