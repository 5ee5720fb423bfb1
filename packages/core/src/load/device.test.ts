import { describe, expect, test } from "vitest";
import { chooseDevice } from "./device.js";

const none = async (device: string) => `no ${device} here`;
const only = (has: string) => async (device: string) => (device === has ? undefined : `no ${device} here`);
const never = async () => {
  throw new Error("no device should be tried");
};

describe("auto", () => {
  test("falls back to the CPU, and says why", async () => {
    expect(await chooseDevice("auto", "fp32", none, "linux")).toEqual({ device: "cpu", reason: "cuda: no cuda here" });
    const { device, reason } = await chooseDevice("auto", "fp16", none, "win32");
    expect([device, reason]).toEqual(["cpu", "cuda: no cuda here; dml: no dml here"]);
    expect((await chooseDevice("auto", "fp32", never, "freebsd")).reason).toContain("freebsd");
  });

  test("takes the first device that works, and says why others did not", async () => {
    expect(await chooseDevice("auto", "fp32", only("cuda"), "linux")).toEqual({ device: "cuda" });
    expect(await chooseDevice("auto", "fp32", only("coreml"), "darwin")).toEqual({ device: "coreml" });
    expect(await chooseDevice("auto", "fp32", only("dml"), "win32")).toEqual({
      device: "dml",
      reason: "cuda: no cuda here",
    });
  });

  test("runs int8 on the CPU, without a trial", async () => {
    const { device, reason } = await chooseDevice("auto", "int8", never, "linux");
    expect(device).toBe("cpu");
    expect(reason).toContain("int8");
  });
});

test("the CPU is not tried", async () => {
  expect(await chooseDevice("cpu", "fp32", never)).toEqual({ device: "cpu" });
});

test("a named device is used, or is an error saying why not and what it needs", async () => {
  expect(await chooseDevice("webgpu", "int8", only("webgpu"))).toEqual({ device: "webgpu" });
  for (const [device, needs] of [
    ["cuda", "CUDA 12"],
    ["coreml", "macOS"],
    ["dml", "DirectX 12"],
    ["webgpu", "Vulkan"],
  ] as const) {
    const failure = await chooseDevice(device, "fp32", none).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "UNSUPPORTED_PLATFORM", parameter: "device" });
    expect(String(failure)).toContain(`no ${device} here`);
    expect(String(failure)).toContain(needs);
  }
});
