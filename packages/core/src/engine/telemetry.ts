/**
 * ONNX Runtime reports to Microsoft from Linux and macOS: a device id and a database in the home folder, logs in the temporary
 * one, uploads after some seconds. Unless this variable is in the environment of the process, not of a thread, when its first
 * session is made. On Windows it hands its events to the system, and no variable is read.
 */
const VARIABLE = "ORT_DISABLE_TELEMETRY";

/** For the environment of a worker process. What the user has set goes before it. */
export const NO_TELEMETRY: NodeJS.ProcessEnv = { [VARIABLE]: "1" };

/** Whether this environment leaves it to ONNX Runtime to report. */
export function allowsTelemetry(env: NodeJS.ProcessEnv = process.env): boolean {
  return process.platform !== "win32" && env[VARIABLE] === undefined;
}

/**
 * Keeps it silent in this process until what is given is called: while a thread of ours lives, since nothing says when the
 * library has read its environment. Once silent it stays so until the process ends. What the user has set is left alone.
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

/** Who needs the variable that we have set, for all copies of this package: the first sets it, the last takes it back. */
function registry(): { readonly holders: Set<symbol> } {
  const place = globalThis as { [key: symbol]: { readonly holders: Set<symbol> } | undefined };
  const key = Symbol.for("bge-js.telemetry.1");
  place[key] ??= { holders: new Set() };
  return place[key];
}
