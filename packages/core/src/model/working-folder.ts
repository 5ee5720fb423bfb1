import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { BgeError } from "../api/errors.js";

/** Whether the working folder is gone, deleted or moved under this process. `process.cwd()` may still remember it. */
export function isWorkingFolderGone(): boolean {
  try {
    realpathSync.native(".");
    return false;
  } catch {
    return true;
  }
}

/** An absolute path. @throws BgeError `MODEL_NOT_FOUND` where there is no working folder that a relative one would be in */
export function absolutePath(path: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    throw new BgeError(
      "MODEL_NOT_FOUND",
      `${path} is a relative path, and the working folder of this process is gone. ` +
        "Pass an absolute path, or process.chdir() to a folder that is there.",
      { parameter: "model", cause },
    );
  }
}
