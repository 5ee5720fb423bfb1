import { BgeError, messageOf } from "../api/errors.js";
import type { Device } from "../api/model.js";
import { weightFiles } from "../model/files.js";
import { isLfsPointer, NOT_PULLED } from "../model/lfs-pointer.js";

/** What ONNX Runtime and the system say where there is no memory. */
const NO_MEMORY = /bad_alloc|bad allocation|failed to allocate memory|cannot allocate memory|out of memory/i;

/** Tells why ONNX Runtime did not open a file: no memory, a device that cannot run it, or the file itself. */
export function openFailure(file: string, device: Device, cause: unknown): BgeError {
  const on = device === "cpu" ? "" : ` on ${device}`;
  const problem = `ONNX Runtime cannot open ${file}${on}: ${messageOf(cause)}.`;
  if (device !== "cpu") {
    return new BgeError("UNSUPPORTED_PLATFORM", `${problem} Use device: "cpu", or "auto".`, { cause });
  }
  if (NO_MEMORY.test(messageOf(cause))) {
    const remedy = "There is too little memory for it: raise the limit, use fewer workers, or a smaller dtype.";
    return new BgeError("WORKER_LOST", `${problem} ${remedy}`, { cause });
  }
  const pointer = filesOf(file).find(isLfsPointer);
  if (pointer !== undefined) {
    return new BgeError("MODEL_CORRUPT", `${pointer} cannot be used: ${NOT_PULLED}.`, { cause });
  }
  return new BgeError("MODEL_CORRUPT", `${problem} The file may be truncated or damaged: download it again.`, {
    cause,
  });
}

/** Lists a graph and its data, as far as its folder can be read. */
function filesOf(file: string): string[] {
  try {
    return weightFiles(file);
  } catch {
    return [file];
  }
}

/** Says why a run failed, in ONNX Runtime's words, and of too little memory what to do. */
export function runFailure(cause: unknown): string {
  const problem = messageOf(cause).trim();
  if (!NO_MEMORY.test(problem)) return problem;
  return (
    `${problem}. There was too little memory for it, which grows with the square of a text's length: split long texts, lower maxTokens, ` +
    "use fewer workers or a smaller model, or raise the memory limit"
  );
}
