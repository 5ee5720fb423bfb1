/**
 * On Linux and macOS, ONNX Runtime reports to Microsoft: it stores a device id and a database in the home folder and
 * logs in the temporary folder, and uploads after some seconds. This variable turns that off if it is in the
 * environment of the process (not of a thread) when the first session is created. On Windows the events go to the
 * system, and no variable is read.
 */
const VARIABLE = "ORT_DISABLE_TELEMETRY";

/** For the environment of a worker process. The user's own setting takes precedence. */
export const NO_TELEMETRY: NodeJS.ProcessEnv = { [VARIABLE]: "1" };

/** True if ONNX Runtime would report under this environment. */
export function allowsTelemetry(env: NodeJS.ProcessEnv = process.env): boolean {
  return process.platform !== "win32" && env[VARIABLE] === undefined;
}

/**
 * Turns telemetry off in this process until the returned function is called. It stays off while one of our threads
 * lives, because nothing tells when the library has read the environment; once read, the setting lasts until the
 * process ends. Does not touch the user's own setting.
 */
export function forbidTelemetry(): () => void {
  const { holders } = registry();
  if (holders.size === 0) {
    if (!allowsTelemetry()) return () => {};
    process.env[VARIABLE] = "1";
  }
  const holder = Symbol();
  holders.add(holder);
  return () => {
    if (holders.delete(holder) && holders.size === 0 && process.env[VARIABLE] === "1") delete process.env[VARIABLE];
  };
}

/** Returns those that need the variable, over all copies of this package: the first sets it, the last removes it. */
function registry(): { readonly holders: Set<symbol> } {
  const place = globalThis as { [key: symbol]: { readonly holders: Set<symbol> } | undefined };
  const key = Symbol.for("bge-js.telemetry.1");
  place[key] ??= { holders: new Set() };
  return place[key];
}
