import { BgeError, messageOf } from "../api/errors.js";
import type { Device, DeviceOption, Dtype } from "../api/model.js";
import { tryDevice } from "../engine/device-trial.js";

/** The chosen device, and why others were passed over. */
export interface DeviceChoice {
  readonly device: Device;
  readonly reason?: string;
}

/** Resolves to the reason a device cannot be used, or `undefined` if it can. */
type Try = (device: Device) => Promise<string | undefined>;

/**
 * The devices `auto` tries, in order. Not webgpu: its adapter may be software on the CPU, which is slower than ONNX Runtime's own
 * CPU provider.
 */
const AUTO: Readonly<Partial<Record<NodeJS.Platform, readonly Device[]>>> = {
  linux: ["cuda"],
  win32: ["cuda", "dml"],
  darwin: ["coreml"],
};

/** Returns the named device, or the one `auto` finds. A named device that is unavailable is `UNSUPPORTED_PLATFORM`; `auto` never fails. */
export async function chooseDevice(
  asked: DeviceOption,
  dtype: Dtype,
  attempt: Try = tryOnce,
  platform: NodeJS.Platform = process.platform,
): Promise<DeviceChoice> {
  if (asked === "cpu") return { device: "cpu" };
  if (asked !== "auto") {
    const problem = await attempt(asked);
    if (problem !== undefined) throw cannotBeHad(asked, problem);
    return { device: asked };
  }
  if (dtype === "int8") return { device: "cpu", reason: "int8 files are made for the CPU's integer arithmetic" };
  const reasons: string[] = [];
  for (const device of AUTO[platform] ?? []) {
    const problem = await attempt(device);
    if (problem === undefined) return { device, ...(reasons.length > 0 && { reason: reasons.join("; ") }) };
    reasons.push(`${device}: ${problem}`);
  }
  return { device: "cpu", reason: reasons.join("; ") || `auto tries no other device on ${platform}` };
}

/** Opens a model on the chosen device. With `auto`, falls back to the CPU if that fails, and records the reason. */
export async function openOnDevice<T>(
  asked: DeviceOption,
  choice: DeviceChoice,
  open: (choice: DeviceChoice) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await open(choice);
  } catch (error) {
    if (asked !== "auto" || choice.device === "cpu") throw error;
    signal?.throwIfAborted();
    return open({ device: "cpu", reason: `${choice.device}: ${messageOf(error)}` });
  }
}

const NEEDS: Readonly<Record<Exclude<Device, "cpu">, string>> = {
  cuda: "It needs Linux x64 or Windows x64, an NVIDIA GPU with its driver, CUDA 12 and cuDNN 9, and on Linux the libraries that onnxruntime-node's install script downloads (npm rebuild onnxruntime-node).",
  coreml: "It needs macOS.",
  dml: "It needs Windows and a GPU with DirectX 12.",
  webgpu: "It needs a GPU with a driver for Vulkan, Metal or Direct3D 12.",
};

function cannotBeHad(device: Exclude<Device, "cpu">, problem: string): BgeError {
  return new BgeError(
    "UNSUPPORTED_PLATFORM",
    `The device ${device} cannot be used here: ${problem}. ${NEEDS[device]} Or use device: "auto", which falls back to the CPU.`,
    { parameter: "device" },
  );
}

const tried = new Map<Device, Promise<string | undefined>>();

/** Tries a device once per process. */
function tryOnce(device: Device): Promise<string | undefined> {
  const trial = tried.get(device) ?? tryDevice(device);
  tried.set(device, trial);
  return trial;
}
