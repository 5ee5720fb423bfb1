// Packs every publishable package and checks what npm users would get: publint, arethetypeswrong, sizes, a dry run of
// publishing, and an empty project that installs the tarballs and runs from ESM, from require, and under tsc.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pack } from "./pack.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, "node_modules", ".bin", name);
const folder = mkdtempSync(join(tmpdir(), "bge-js-packages-"));
const MOST_BYTES = 40e6;

const PROGRAM = `(async () => {
  const embedder = await loadEmbedder();
  const vector = await embedder.embedQuery("what is a panda?");
  const reranker = await loadReranker(undefined, { isolation: "process" });
  const [best] = await reranker.rerank("what is a panda?", ["Paris is in France.", "The panda is a bear."], { topN: 1 });
  console.log(vector.length, best.index);
})();
`;
const WITHOUT = `import { loadReranker } from "@bge-js/core";
import { loadRetriever } from "@bge-js/retriever";
for (const [load, otherwise] of [[loadReranker, 'loadReranker("BAAI/bge-small-en-v1.5")'], [loadRetriever, "reranker: false"]]) {
  const { code, message } = await load().catch((error) => error);
  console.log(code, message?.includes("npm install @bge-js/model-reranker-small-en"), message?.includes(otherwise));
}
`;
/** sharp, an optional peer, is not installed there. */
const WITHOUT_SHARP = (model) => `import { loadMultimodalEmbedder } from "@bge-js/core/multimodal";
const embedder = await loadMultimodalEmbedder(${JSON.stringify(model)});
const image = { data: new Uint8Array(27), width: 3, height: 3, channels: 3 };
const [vector] = await embedder.embed([{ image, text: "a red bus" }]);
const { code, message } = await embedder.embed([{ image: "${model}/../pictures/gif.gif" }]).catch((error) => error);
console.log(vector.length, code, message?.includes("npm install sharp"));
await embedder.dispose();
`;
const WITHOUT_RETRIEVER = `import * as langchain from "@bge-js/langchain";
import * as llamaindex from "@bge-js/llamaindex";
for (const [name, call] of [["langchain", (r) => r.invoke("x")], ["llamaindex", (r) => r.retrieve("x")]]) {
  const { BgeRetriever } = { langchain, llamaindex }[name];
  const { code, message } = await call(new BgeRetriever()).catch((error) => error);
  console.log(code, message?.includes("npm install @bge-js/retriever"));
}
`;
const TYPED = `import { type Embedder, loadEmbedder } from "@bge-js/core";
import { BgeEmbeddings, BgeReranker } from "@bge-js/langchain";
import { BgeMultimodalEmbeddings } from "@bge-js/langchain/multimodal";
import { BgeEmbedding } from "@bge-js/llamaindex";
import { BgeMultiModalEmbedding } from "@bge-js/llamaindex/multimodal";
import { type BgeProvider, bge } from "@bge-js/ai-sdk";
import { loadQdrantRetriever, type QdrantRetriever } from "@bge-js/qdrant";
import { BgeQdrantVectorStore } from "@bge-js/qdrant/langchain";
import { BgeQdrantRetriever } from "@bge-js/qdrant/llamaindex";
import { loadRetriever, type Retriever } from "@bge-js/retriever";
import { loadMultimodalRetriever, type MultimodalRetriever } from "@bge-js/retriever/multimodal";
import { QdrantClient } from "@qdrant/js-client-rest";
import { openStore, type Store } from "@bge-js/store";
import { type IngestReport, ingest, retrieverStore } from "@bge-js/ingest";
import { type IngestQueue, openIngestQueue } from "@bge-js/ingest/bullmq";
import { qdrantStore } from "@bge-js/ingest/qdrant";
import { type AdapterFields } from "@bge-js/core/adapter";
import { loadMultimodalEmbedder, type MultimodalEmbedder } from "@bge-js/core/multimodal";
import { instrument } from "@bge-js/core/opentelemetry";
import { type BgeServer, serve } from "@bge-js/server";
import model from "@bge-js/model-bge-small-en-v1.5";
export const server: Promise<BgeServer> = serve({ port: 0 });
export const retriever: Promise<Retriever> = loadRetriever({ reranker: false });
export const mixed: Promise<MultimodalRetriever> = loadMultimodalRetriever({ embedder: "./folder" });
export const store: Promise<Store> = openStore({ directory: "rows" });
export const directory: string = model.directory;
export const report: Promise<IngestReport> = retriever.then((one) => ingest(["a"], { store: retrieverStore(one) }));
export const queue: Promise<IngestQueue> = openIngestQueue({ connection: { host: "localhost" } });
export const points = qdrantStore;
export const collection: Promise<QdrantRetriever> = loadQdrantRetriever({ client: new QdrantClient(), collection: "docs" });
export const classes = [BgeQdrantVectorStore, BgeQdrantRetriever];
export const fields: AdapterFields<Embedder> = { model };
export const stop: () => void = instrument();
// @ts-expect-error: these are types, not any.
export const width: string = new BgeEmbeddings().dispose;
export const embedder: Promise<Embedder> = loadEmbedder("BAAI/bge-small-en-v1.5", { dtype: "int8" });
export const provider: BgeProvider = bge;
export const pictures: Promise<MultimodalEmbedder> = loadMultimodalEmbedder("./folder", { orientation: "apply" });
export const adapters = [new BgeEmbeddings(), new BgeReranker(), new BgeEmbedding()];
export const inPictures = [new BgeMultimodalEmbeddings(), new BgeMultiModalEmbedding()];
// @ts-expect-error: these are types, not any.
export const heights: string[] = inPictures.map((one) => one.dispose);
`;
/** How a project finds a package's types. node10, the oldest, reads no `exports`. */
const RESOLUTIONS = [
  { module: "NodeNext", moduleResolution: "NodeNext" },
  { module: "Node16", moduleResolution: "Node16" },
  { module: "ESNext", moduleResolution: "Bundler" },
  { module: "CommonJS", moduleResolution: "Node10", ignoreDeprecations: "6.0" },
];

try {
  const tarballs = {};
  for (const name of readdirSync(join(root, "packages"))) {
    const directory = join(root, "packages", name);
    const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
    tarballs[manifest.name] = checkPackage(manifest, pack(name, folder));
  }
  checkInstalled(tarballs);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function checkPackage(manifest, tarball) {
  const { size } = statSync(tarball);
  if (size > MOST_BYTES) throw new Error(`${manifest.name}: a tarball of ${size} bytes is over ${MOST_BYTES}`);
  run([bin("publint"), tarball, "--strict"]);
  // ES modules alone, which require() loads from Node 20.19 on.
  run([bin("attw"), tarball, "--ignore-rules", "cjs-resolves-to-esm"]);
  run(["npm", "publish", tarball, "--dry-run", "--access", "public"], folder);
  const files = run(["tar", "-tzf", tarball]).trim().split("\n");
  const stray = files.filter((file) => /\.(test|test-d)\.|\.tsbuildinfo$|\.map$/.test(file));
  if (stray.length > 0) throw new Error(`${manifest.name} would publish ${stray.join(", ")}`);
  for (const file of ["package/README.md", "package/LICENSE"]) {
    if (!files.includes(file)) throw new Error(`${manifest.name} lacks ${file}`);
  }
  console.log(`${manifest.name} ${manifest.version}: ${files.length} files, ${(size / 1e6).toFixed(2)} MB`);
  return tarball;
}

/** An empty project, as a user has it. This step may reach npm. */
function checkInstalled(tarballs) {
  const project = join(folder, "project");
  const versions = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies;
  const outside = [
    "@langchain/core",
    "@llamaindex/core",
    "@qdrant/js-client-rest",
    "@types/node",
    "bullmq",
    "ioredis",
    "typescript",
  ];
  const dependencies = {
    ...Object.fromEntries(Object.entries(tarballs).map(([name, tarball]) => [name, `file:${tarball}`])),
    ...Object.fromEntries(outside.map((name) => [name, versions[name]])),
  };
  // Each tarball stands for the version that the others ask for.
  const overrides = Object.fromEntries(Object.keys(tarballs).map((name) => [name, `$${name}`]));
  execFileSync("mkdir", ["-p", project]);
  write(project, "package.json", JSON.stringify({ private: true, type: "module", dependencies, overrides }));
  run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], project);

  write(project, "esm.mjs", `import { loadEmbedder, loadReranker } from "@bge-js/core";\n${PROGRAM}`);
  write(
    project,
    "required.cjs",
    `const { loadEmbedder, loadReranker } = require("@bge-js/core");\nrequire("@bge-js/langchain"); require("@bge-js/langchain/multimodal"); require("@bge-js/llamaindex"); require("@bge-js/llamaindex/multimodal"); require("@bge-js/ai-sdk"); require("@bge-js/retriever"); require("@bge-js/retriever/multimodal"); require("@bge-js/store"); require("@bge-js/ingest"); require("@bge-js/ingest/bullmq"); require("@bge-js/ingest/qdrant"); require("@bge-js/server"); require("@bge-js/qdrant"); require("@bge-js/qdrant/langchain"); require("@bge-js/qdrant/llamaindex");\n${PROGRAM}`,
  );
  for (const program of ["esm.mjs", "required.cjs"]) {
    const output = run([process.execPath, program], project).trim();
    if (output !== "384 1") throw new Error(`${program} printed ${output}`);
    console.log(`packed packages run: ${program}`);
  }
  const bge = [join(project, "node_modules", ".bin", "bge")];
  write(project, "note.md", "Small dogs travel free.\n");
  const hit = run([...bge, "search", ".", "Can I bring my pet?", "--top", "1", "--json"], project);
  if (JSON.parse(hit).path !== "note.md") throw new Error(`bge search printed ${hit}`);
  if (!run([...bge, "doctor", "--no-benchmark"], project).endsWith("No problem found.\n"))
    throw new Error("bge doctor");
  console.log("packed packages run: bge");
  // Who has only the embedder's package is told what is missing, and how to do without.
  rmSync(join(project, "node_modules", "@bge-js", "model-reranker-small-en"), { recursive: true });
  write(project, "without.mjs", WITHOUT);
  const told = run([process.execPath, "without.mjs"], project).trim();
  if (told !== "MODEL_NOT_FOUND true true\nMODEL_NOT_FOUND true true") throw new Error(`without.mjs printed ${told}`);
  console.log("without the reranker's package: told so");
  write(project, "without-sharp.mjs", WITHOUT_SHARP(join(root, "test", "fixtures", "tiny-clip")));
  const pictures = run([process.execPath, "without-sharp.mjs"], project).trim();
  if (pictures !== "16 PACKAGE_NOT_FOUND true") throw new Error(`without-sharp.mjs printed ${pictures}`);
  console.log("without sharp: samples are read, files are refused with advice");
  write(project, "typed.ts", TYPED);
  const tsc = join(project, "node_modules", "typescript", "bin", "tsc");
  for (const resolution of RESOLUTIONS) {
    const compilerOptions = { ...resolution, target: "ES2023", strict: true, noEmit: true, skipLibCheck: true };
    write(
      project,
      "tsconfig.json",
      JSON.stringify({ compilerOptions: { ...compilerOptions, types: ["node"] }, files: ["typed.ts"] }),
    );
    run([process.execPath, tsc, "-p", project], project);
    console.log(`packed packages type-check: ${resolution.moduleResolution}`);
  }
  rmSync(join(project, "node_modules", "@bge-js", "retriever"), { recursive: true });
  write(project, "without-retriever.mjs", WITHOUT_RETRIEVER);
  const refused = run([process.execPath, "without-retriever.mjs"], project).trim();
  if (refused !== "PACKAGE_NOT_FOUND true\nPACKAGE_NOT_FOUND true")
    throw new Error(`without-retriever.mjs printed ${refused}`);
  console.log("without the retriever's package: told so");
}

function write(directory, name, text) {
  writeFileSync(join(directory, name), text);
}

function run([command, ...args], cwd = root) {
  try {
    return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    console.error(`${command} ${args.join(" ")}\n${error.stdout}\n${error.stderr}`);
    throw error;
  }
}
