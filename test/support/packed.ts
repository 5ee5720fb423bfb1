import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
// @ts-expect-error: no types
import { pack } from "../../tools/pack.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What is published as it is in the repository, and what published packages need: linked to where the workspace has it. */
const LINKED: Readonly<Record<string, string>> = {
  "@bge-js/model-bge-small-en-v1.5": "packages/model-bge-small-en-v1.5",
  "@bge-js/model-reranker-small-en": "packages/model-reranker-small-en",
  "@embedpdf/pdfium": "packages/cli/node_modules/@embedpdf/pdfium",
  "@huggingface/tokenizers": "packages/core/node_modules/@huggingface/tokenizers",
  "@langchain/core": "packages/langchain/node_modules/@langchain/core",
  commander: "packages/cli/node_modules/commander",
  htmlparser2: "packages/cli/node_modules/htmlparser2",
  ignore: "packages/cli/node_modules/ignore",
  "jest-environment-node": "node_modules/jest-environment-node",
  lmdb: "packages/retriever/node_modules/lmdb",
  "onnxruntime-node": "packages/core/node_modules/onnxruntime-node",
};

/** A project of a user's own that has some of our packages as npm users get them. */
export interface PackedProject {
  readonly directory: string;
  remove(): void;
}

/** Packs, and unpacks into a new folder; needs no network. */
export function packedProject(): PackedProject {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "bge-js-packed-")));
  for (const name of ["cli", "core", "langchain", "retriever", "store"]) {
    const packed = join(directory, "node_modules", "@bge-js", name);
    mkdirSync(packed, { recursive: true });
    execFileSync("tar", ["-xzf", pack(name, directory), "-C", packed, "--strip-components=1"]);
  }
  for (const [name, path] of Object.entries(LINKED)) {
    const link = join(directory, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(join(ROOT, path)), link, "junction");
  }
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
