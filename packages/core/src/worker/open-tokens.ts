import { join } from "node:path";
import { BgeError, messageOf } from "../api/errors.js";
import { corruptFile, readJsonObject } from "../model/json-file.js";
import type { WorkerData } from "../protocol.js";
import { createTokens, type Tokens } from "../text/encode.js";

/** Opens the tokenizer of a worker's model. @throws BgeError */
export function openTokens(start: WorkerData): Tokens {
  const file = join(start.directory, "tokenizer.json");
  try {
    return createTokens(readThere(file), readThere(join(start.directory, "tokenizer_config.json")), start);
  } catch (cause) {
    if (cause instanceof BgeError) throw cause;
    // Any step may hold an invalid value.
    throw corruptFile(file, messageOf(cause));
  }
}

function readThere(file: string): object {
  const found = readJsonObject(file);
  if (found === undefined) throw new BgeError("MODEL_NOT_FOUND", `${file} does not exist.`);
  return found;
}
