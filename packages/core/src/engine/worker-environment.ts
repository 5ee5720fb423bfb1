import { dirname } from "node:path";
import { isWorkingFolderGone } from "../model/working-folder.js";
import { isSingleExecutable } from "./single-executable.js";
import { NO_TELEMETRY } from "./telemetry.js";

/**
 * Returns a worker process's environment, and a working folder that exists even if this process's is gone. Throws where no
 * process can be one.
 */
export function workerPlace(): { readonly env: NodeJS.ProcessEnv; readonly cwd?: string } {
  if (isSingleExecutable()) throw new Error("a single executable would start itself instead");
  return { env: workerEnvironment(), ...(isWorkingFolderGone() && { cwd: dirname(process.execPath) }) };
}

/**
 * Returns a worker's environment: this process's without what is meant for the application itself, that is, its flags
 * and its reports to `node --watch`.
 */
export function workerEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _flags, WATCH_REPORT_DEPENDENCIES: _reports, ...rest } = process.env;
  return { ...NO_TELEMETRY, ...rest };
}
