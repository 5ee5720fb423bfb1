import { NO_TELEMETRY } from "./telemetry.js";

/** A worker's environment: without what is meant for the application itself, its flags and the reports to `node --watch`. */
export function workerEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _flags, WATCH_REPORT_DEPENDENCIES: _reports, ...rest } = process.env;
  return { ...NO_TELEMETRY, ...rest };
}
