import {
  type BgeError,
  type BgeEvents,
  type Embedder,
  type LoadOptions,
  loadEmbedder,
  loadReranker,
  onEvent,
} from "@bge-js/core";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { shareEngine } from "../packages/core/dist/engine/shared-engine.js";
import { type DeviceChoice, openOnDevice } from "../packages/core/dist/load/device.js";
import { fixture } from "./support/models.js";
import { start } from "./support/programs.js";
import { live, started, until } from "./support/workers.js";

const loaded: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(loaded.splice(0).map((one) => one.dispose()));
  // A trial that has answered may still be ending.
  await until(() => live.size === 0);
});
async function embedder(options: LoadOptions = {}, name = "tiny-bert-cls"): Promise<Embedder> {
  const model = await loadEmbedder(fixture(name), { threads: 1, ...options });
  loaded.push(model);
  return model;
}
const failure = (options: LoadOptions) =>
  embedder(options).then(
    () => undefined,
    (error: BgeError) => error,
  );
/** A device that no machine of this platform has. */
const MISSING = process.platform === "win32" ? "coreml" : "dml";

describe("the processor", () => {
  test("is the default, and has the same numbers however it is asked for", async () => {
    const [byDefault, named] = [await embedder(), await embedder({ device: "cpu" })];
    expect(byDefault.source.device).toBe("cpu");
    expect(byDefault.source).not.toHaveProperty("deviceReason");
    expect(await named.embedQuery("x")).toEqual(await byDefault.embedQuery("x"));
  });

  test("needs no trial", async () => {
    const before = started.count;
    await embedder({ device: "cpu" });
    // Its worker, and nothing else.
    expect(started.count).toBe(before + 1);
  });
});

test("a named device that cannot be had is an error that says why, and no worker is started", async () => {
  const error = await failure({ device: MISSING });
  expect(error).toMatchObject({ code: "UNSUPPORTED_PLATFORM", parameter: "device" });
  expect(error!.message).toMatch(/backend not found.*It needs .*device: "auto"/);
  await expect(loadReranker(fixture("tiny-bert-reranker"), { device: MISSING })).rejects.toMatchObject({
    code: "UNSUPPORTED_PLATFORM",
  });
  const before = started.count;
  // It has been tried: the answer is known.
  expect(await failure({ device: MISSING })).toMatchObject({ code: "UNSUPPORTED_PLATFORM" });
  expect(started.count).toBe(before);
});

test.each(["cuda", "webgpu"] as const)("%s works, or is a typed error", async (device) => {
  const error = await failure({ device });
  if (error === undefined) expect(loaded).toHaveLength(1);
  else expect(error).toMatchObject({ code: "UNSUPPORTED_PLATFORM", parameter: "device" });
});

describe("auto", () => {
  test("never fails, and says why it ended where it did", async () => {
    const events: BgeEvents["bge-js:device"][] = [];
    onTestFinished(onEvent("bge-js:device", (event) => events.push(event)));
    const model = await embedder({ device: "auto" });
    const { device, deviceReason } = model.source;
    expect(await model.embedQuery("x")).toHaveLength(48);
    expect(events).toEqual([{ model: "tiny-bert-cls", device, ...(deviceReason && { reason: deviceReason }) }]);
    if (device !== "cpu") return;
    expect(deviceReason).toMatch(/^(cuda|coreml): ./);
    // It is the processor, so it shares what runs there.
    const before = started.count;
    const same = await embedder({ device: "cpu" });
    expect(started.count).toBe(before);
    expect(await same.embedQuery("x")).toEqual(await model.embedQuery("x"));
  });

  test("writes nothing, neither to standard output nor to standard error", async () => {
    const program = start(`
      import { loadEmbedder } from "@bge-js/core";
      const model = await loadEmbedder("./test/fixtures/tiny-bert-cls", { device: "auto" });
      await model.embedQuery("x");
      for (const device of ["cuda", "webgpu"]) await loadEmbedder("./test/fixtures/tiny-bert-cls", { device }).catch(() => {});
    `);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output.err).toBe("");
    expect(program.output.out.replaceAll(/^worker \d+\n/gm, "")).toBe("");
  });

  test("a model that is damaged is an error all the same", async () => {
    await expect(loadEmbedder(fixture("no-such-model"), { device: "auto" })).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
    });
  });
});

test("models on different devices never share an engine", async () => {
  const model = await embedder();
  const { directory, file, optimized, fingerprint, dtype } = model.source;
  const reads = ["last_hidden_state"];
  const files = { directory, file, optimized, architecture: "bert", padding: "right", reads } as const;
  const about = { model: "tiny-bert-cls", dtype };
  const share = (device: "cpu" | typeof MISSING) =>
    shareEngine({ ...files, device }, fingerprint, { threads: 1, maxTokens: 512 }, { ...about, device });
  const before = started.count;
  loaded.push(await share("cpu"));
  expect(started.count).toBe(before);
  // One that was tried with success, but does not open the model: `auto` goes on with the processor.
  const open = async ({ device, reason }: DeviceChoice) => {
    loaded.push(await share(device as "cpu" | typeof MISSING));
    return { device, reason };
  };
  const chosen = { device: MISSING } as const;
  const opened = await openOnDevice("auto", chosen, open);
  expect(opened.device).toBe("cpu");
  expect(opened.reason).toMatch(new RegExp(`^${MISSING}: ONNX Runtime cannot open .* on ${MISSING}`));
  await expect(openOnDevice(MISSING, chosen, open)).rejects.toMatchObject({ code: "UNSUPPORTED_PLATFORM" });
  const aborted = AbortSignal.abort(new Error("enough"));
  await expect(openOnDevice("auto", chosen, open, aborted)).rejects.toThrow("enough");
  const count = started.count;
  // A worker of its own, which says that there is no such device.
  await expect(share(MISSING)).rejects.toMatchObject({ code: "UNSUPPORTED_PLATFORM" });
  expect(started.count).toBe(count + 1);
});
