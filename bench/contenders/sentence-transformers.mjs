import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { folderOf, WORK } from "../models.mjs";

const SERVER = fileURLToPath(new URL("./sentence_transformers_server.py", import.meta.url));

/** Python as its users run it, told by lines of JSON; passing texts and vectors takes about a hundredth of the time. */
export async function loadEmbedding(model) {
  const args = [SERVER, folderOf(model), model.backend ?? "torch", String(model.threads), WORK];
  const python = spawn(process.env.BGE_JS_BENCH_PYTHON, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, HF_HUB_OFFLINE: "1", OMP_NUM_THREADS: String(model.threads) },
  });
  const ended = new Promise((_, reject) => {
    python.on("error", reject);
    python.on("close", (code) => reject(new Error(`Error: Python ended with code ${code}`)));
  });
  ended.catch(() => {});
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  const answer = async () => JSON.parse((await Promise.race([lines.next(), ended])).value);
  await answer();
  const embed = async (texts, { batchSize = texts.length } = {}) => {
    python.stdin.write(`${JSON.stringify({ texts, batchSize })}\n`);
    const { vectors, width } = await answer();
    const bytes = Buffer.from(vectors, "base64");
    const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    return texts.map((_, row) => all.subarray(row * width, (row + 1) * width));
  };
  return {
    embed,
    embedQuery: async (text) => (await embed([text]))[0],
    dispose: () => new Promise((resolve) => python.on("close", resolve).stdin.end()),
  };
}
