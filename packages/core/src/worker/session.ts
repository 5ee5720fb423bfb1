import type { InferenceSession, Tensor } from "onnxruntime-node";
import { BgeError } from "../api/errors.js";
import { throughGate } from "../engine/native-gate.js";
import { fromFloat16 } from "../float16.js";
import type { WorkerData } from "../protocol.js";
import type { Output } from "./heads.js";
import { openFailure } from "./open-failure.js";
import { loadRuntime } from "./runtime.js";
import type { Inputs } from "./tensors.js";

/** An open ONNX file. Apart from device trials and warm-up, only this module uses ONNX Runtime. */
export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Runs the graph for the named outputs. Blocks this thread meanwhile. */
  run(inputs: Inputs, names: readonly string[]): Promise<Record<string, Output>>;
  release(): Promise<void>;
}

/**
 * Microseconds for which a lone query's threads spin while they wait for work. Successive queries find them awake,
 * which saves a third of the time (bge-small int8, 20 tokens); an idle process soon stops spinning.
 */
const LONE_SPIN = "300";

/** Opens the graph for work that shares the machine, or for work that runs alone. */
export async function openSession(
  { file, optimized, device, gate, threads, loneThreads }: WorkerData,
  use: "shared" | "lone" = "shared",
): Promise<Session> {
  // Loading is native code, too: stopping the thread during it would crash the process.
  const ort = await throughGate(gate, loadRuntime);
  let session: InferenceSession;
  try {
    session = await throughGate(gate, () =>
      ort.InferenceSession.create(file, {
        // Operators that the device lacks run on the CPU, which ONNX Runtime always adds.
        ...(device === "cpu" ? {} : { executionProviders: [device] }),
        ...(optimized && device === "cpu" ? { graphOptimizationLevel: "disabled" } : {}),
        ...(use === "shared"
          ? { intraOpNumThreads: threads }
          : { intraOpNumThreads: loneThreads, extra: { session: { intra_op: { spin_duration_us: LONE_SPIN } } } }),
        interOpNumThreads: 1,
        executionMode: "sequential",
        // Input shapes keep changing, so patterns would only take up memory.
        enableMemPattern: false,
        logSeverityLevel: 3,
      }),
    );
  } catch (cause) {
    throw openFailure(file, device, cause);
  }
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(inputs, names) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { data, shape }]) => [
          name,
          data instanceof Float32Array ? new ort.Tensor("float32", data, shape) : new ort.Tensor("int64", data, shape),
        ]),
      );
      const results = await throughGate(gate, () => session.run(feeds, names));
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [
          name,
          { data: asFloat32(tensor as Tensor, `${name} of ${file}`), shape: tensor.dims },
        ]),
      );
    },
    release: () => throughGate(gate, () => session.release()),
  };
}

function asFloat32(tensor: Tensor, name: string): Float32Array {
  if (tensor.type === "float32") return tensor.data as Float32Array;
  if (tensor.type === "float16") return fromFloat16(tensor.data as unknown as ArrayLike<number>);
  throw new BgeError("UNSUPPORTED_MODEL", `Output ${name} has type ${tensor.type}. Supported are float32 and float16.`);
}
