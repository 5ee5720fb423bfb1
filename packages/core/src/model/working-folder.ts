import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { BgeError } from "../api/errors.js";

/** True if the working folder was deleted or moved. `process.cwd()` may still return it. */
export function isWorkingFolderGone(): boolean {
  try {
    realpathSync.native(".");
    return false;
  } catch {
    return true;
  }
}

/** Returns an absolute path. @throws BgeError `MODEL_NOT_FOUND` for a relative path if the working folder is gone */
export function absolutePath(path: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    throw new BgeError(
      "MODEL_NOT_FOUND",
      `${path} is a relative path, and the working folder of this process is gone. ` +
        "Pass an absolute path, or process.chdir() to an existing folder.",
      { parameter: "model", cause },
    );
  }
}
