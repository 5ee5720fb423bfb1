import { dirname } from "node:path";
import { isWorkingFolderGone } from "../model/working-folder.js";
import { NO_TELEMETRY } from "./telemetry.js";

/** Where a worker process runs: with the environment below, and in a working folder that is there, whatever became of this process's. */
export function workerPlace(): { readonly env: NodeJS.ProcessEnv; readonly cwd?: string } {
  return { env: workerEnvironment(), ...(isWorkingFolderGone() && { cwd: dirname(process.execPath) }) };
}

/** A worker's environment: without what is meant for the application itself, its flags and the reports to `node --watch`. */
export function workerEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _flags, WATCH_REPORT_DEPENDENCIES: _reports, ...rest } = process.env;
  return { ...NO_TELEMETRY, ...rest };
}
