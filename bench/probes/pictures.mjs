// Pictures from disk to vectors: bge-js beside transformers.js's CLIP, the same weights and threads, by turns in processes of their own.
//   npm run bench-pictures -- --model FOLDER [--pictures 48] [--rounds 3] [--threads 2]
// FOLDER is what tools/export writes for BGE-VL-base (random weights of its shape do: speed does not depend on values). Needs the bench's peers (`npm run bench` installs them).
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machineFacts, machineLine } from "../machine.mjs";
import { watchLoop } from "../measurements/event-loop.mjs";
import { quantile, ratio, smallestCosine } from "../statistics.mjs";
import { shownSpread } from "../table.mjs";
import { random } from "../texts.mjs";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    pictures: { type: "string", default: "48" },
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: "2" },
    /** Set where this program measures one library, in a process of its own. */
    library: { type: "string" },
    folder: { type: "string" },
    dtype: { type: "string" },
  },
});
if (!values.model) throw new Error("Name a folder that tools/export wrote: --model");
const model = resolve(values.model);
const count = Number(values.pictures);
const threads = Number(values.threads);
const BATCHES = [1, 8];
const LIBRARIES = { "bge-js": openOurs, "transformers.js": openTransformers };

if (values.library) console.log(JSON.stringify(await measure(LIBRARIES[values.library])));
else await compare();

async function compare() {
  console.log(machineLine(machineFacts()));
  const folder = mkdtempSync(join(tmpdir(), "bge-js-pictures-"));
  await draw(folder);
  try {
    for (const dtype of ["fp32", "int8"]) {
      const results = { "bge-js": [], "transformers.js": [] };
      for (let round = 0; round < Number(values.rounds); round++)
        for (const library of Object.keys(results)) results[library].push(childOf(library, folder, dtype));
      report(dtype, results);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function childOf(library, folder, dtype) {
  const flags = ["--library", library, "--folder", folder, "--dtype", dtype];
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2), ...flags];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", maxBuffer: 2 ** 30 }));
}

function report(dtype, { "bge-js": ours, "transformers.js": theirs }) {
  const list = (vectors) => vectors.map((vector) => Object.values(vector));
  console.log(
    `${dtype}: smallest cosine of the two ${smallestCosine(list(ours[0].vectors), list(theirs[0].vectors)).toFixed(6)}`,
  );
  const rate = (runs, way) => runs.map(({ rates }) => rates[way]);
  for (const way of ["one", ...BATCHES.slice(1).map(String)]) {
    const own = rate(ours, way === "one" ? "one" : "list");
    const times = shownSpread(ratio(own, rate(theirs, way)));
    const name = way === "one" ? "one call each" : `a list (transformers.js in batches of ${way})`;
    console.log(`  ${name}: ${quantile(own, 0.5).toFixed(1)} pictures a second, ${times} times transformers.js`);
  }
  const stall = (runs) =>
    quantile(
      runs.map(({ longest }) => longest),
      0.5,
    ).toFixed(1);
  console.log(`  longest stall of the event loop, ms: ${stall(ours)}; transformers.js ${stall(theirs)}`);
}

async function measure(open) {
  const { one, list, dispose } = await open();
  const paths = Array.from({ length: count }, (_, i) => join(values.folder, `${i}.jpg`));
  const vectors = await one(paths.slice(0, 4));
  const loop = watchLoop();
  const rates = { one: await rateOf(() => one(paths)) };
  for (const [name, run] of Object.entries(list)) rates[name] = await rateOf(() => run(paths));
  const { longest } = loop.stop();
  await dispose();
  return { vectors, rates, longest };
}

async function rateOf(run) {
  const start = performance.now();
  await run();
  return (count * 1000) / (performance.now() - start);
}

async function openOurs() {
  const { loadMultimodalEmbedder } = await import("@bge-js/core/multimodal");
  const embedder = await loadMultimodalEmbedder(model, { dtype: values.dtype, threads });
  const embed = (paths) => embedder.embed(paths.map((image) => ({ image })));
  return {
    one: (paths) => inTurn(paths, async (path) => (await embed([path]))[0]),
    list: { list: embed },
    dispose: () => embedder.dispose(),
  };
}

/** As its documentation reads pictures: RawImage, the processor, the vision model. */
async function openTransformers() {
  const { AutoProcessor, CLIPVisionModelWithProjection, env, RawImage } = await import("@huggingface/transformers");
  env.allowRemoteModels = false;
  env.localModelPath = dirname(model);
  const name = basename(model);
  const processor = await AutoProcessor.from_pretrained(name);
  const vision = await CLIPVisionModelWithProjection.from_pretrained(name, {
    dtype: values.dtype === "int8" ? "q8" : "fp32",
    session_options: { intraOpNumThreads: threads },
  });
  const embed = async (paths) => {
    const images = await Promise.all(paths.map((path) => RawImage.read(path)));
    const { image_embeds } = await vision(await processor(images));
    const [, width] = image_embeds.dims;
    return paths.map((_, i) => normalised(image_embeds.data.slice(i * width, (i + 1) * width)));
  };
  const inBatches = (size) => async (paths) => {
    for (let from = 0; from < paths.length; from += size) await embed(paths.slice(from, from + size));
  };
  return {
    one: (paths) => inTurn(paths, async (path) => (await embed([path]))[0]),
    list: Object.fromEntries(BATCHES.slice(1).map((size) => [size, inBatches(size)])),
    dispose: () => vision.dispose(),
  };
}

async function inTurn(items, run) {
  const all = [];
  for (const item of items) all.push(await run(item));
  return all;
}

function normalised(vector) {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** JPEG files of 640 x 480, each with blots of its own. */
async function draw(folder) {
  const sharp = createRequire(import.meta.url)("sharp");
  const next = random(37);
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const small = Buffer.from(Array.from({ length: 20 * 15 * 3 }, () => Math.floor(256 * next())));
    const picture = sharp(small, { raw: { width: 20, height: 15, channels: 3 } }).resize(640, 480);
    writeFileSync(join(folder, `${i}.jpg`), await picture.jpeg({ quality: 88 }).toBuffer());
  }
}
