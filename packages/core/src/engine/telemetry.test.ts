import { afterEach, expect, test, vi } from "vitest";
import { forbidTelemetry } from "./telemetry.js";
import { workerEnvironment } from "./worker-environment.js";

const VARIABLE = "ORT_DISABLE_TELEMETRY";
const value = () => process.env[VARIABLE];
afterEach(() => void vi.unstubAllEnvs());

test.skipIf(process.platform === "win32")("is forbidden from the first thread to the last", () => {
  vi.stubEnv(VARIABLE, undefined);
  const [one, other] = [forbidTelemetry(), forbidTelemetry()];
  expect(value()).toBe("1");
  one();
  one();
  expect(value()).toBe("1");
  other();
  expect(Object.hasOwn(process.env, VARIABLE)).toBe(false);
  forbidTelemetry()();
  expect(value()).toBeUndefined();
});

test.each(["0", "1", "", "yes"])("set to %j by the user, it stays so, here and in processes", (set) => {
  vi.stubEnv(VARIABLE, set);
  const allow = forbidTelemetry();
  expect([value(), workerEnvironment()[VARIABLE]]).toEqual([set, set]);
  allow();
  expect(value()).toBe(set);
});

test.skipIf(process.platform === "win32")("what the user sets meanwhile also stays", () => {
  vi.stubEnv(VARIABLE, undefined);
  const allow = forbidTelemetry();
  process.env[VARIABLE] = "0";
  allow();
  expect(value()).toBe("0");
});

test("is off in a worker process, and this process's environment is as it was", () => {
  vi.stubEnv(VARIABLE, undefined);
  expect(workerEnvironment()[VARIABLE]).toBe("1");
  expect(value()).toBeUndefined();
});
