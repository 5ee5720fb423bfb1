/**
 * The entry of a process that tries a device on a one-node graph and reports whether it computes correctly. The parent
 * ends it.
 */
import { messageOf } from "../api/errors.js";
import { loadRuntime } from "./runtime.js";
import { tinyGraph } from "./tiny-graph.js";

process.on("disconnect", () => process.exit());

/** Returns the reason why the device cannot be used, or undefined if it can. */
async function tryDevice(device: string): Promise<string | undefined> {
  try {
    const { InferenceSession, Tensor } = await loadRuntime();
    const session = await InferenceSession.create(tinyGraph(), {
      executionProviders: [device],
      logSeverityLevel: 4,
    });
    const { y } = await session.run({ x: new Tensor("float32", [1, 1], [1, 2]) });
    const [first, second] = y!.data as Float32Array;
    return Math.abs(first! - 4) < 0.01 && Math.abs(second! - 6) < 0.01 ? undefined : `it computes ${first}, ${second}`;
  } catch (error) {
    return messageOf(error);
  }
}

process.send!({ problem: await tryDevice(process.argv[2]!) });
