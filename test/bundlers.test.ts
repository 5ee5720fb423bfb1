import { execFileSync } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { build as esbuild } from "esbuild";
import { build as rolldown } from "rolldown";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import webpack from "webpack";
import { type PackedProject, packedProject } from "./support/packed.js";

/** Prints the width of a vector, or the code of the error and whether its message names the remedy. */
const PROGRAM = `import { loadEmbedder } from "@bge-js/core";
void (async () => {
  for (const isolation of ["thread", "process"]) {
    try {
      const embedder = await loadEmbedder("BAAI/bge-small-en-v1.5", { threads: 1, isolation });
      console.log((await embedder.embedQuery("what is a panda?")).length);
      await embedder.dispose();
    } catch ({ code, message }) {
      console.log(code, message.includes("docs/bundlers.md"));
    }
  }
})();
`;

const REFUSED = "UNSUPPORTED_PLATFORM true\nUNSUPPORTED_PLATFORM true\n";

type Format = "esm" | "cjs";
/** `external`: what stays out of the bundle, as docs/bundlers.md says it. */
type Build = (input: string, output: string, format: Format, external: boolean) => Promise<unknown>;

const BUNDLERS: Readonly<Record<string, Build>> = {
  esbuild: (input, output, format, external) =>
    esbuild({
      entryPoints: [input],
      outfile: output,
      bundle: true,
      platform: "node",
      format,
      logLevel: "silent",
      ...(external && { packages: "external" }),
    }),
  rolldown: (input, output, format, external) =>
    rolldown({
      input,
      platform: "node",
      // Not `file`: of a package inside, Rolldown leaves a chunk that nothing imports, and then refuses to write one file.
      output: { dir: dirname(output), entryFileNames: basename(output), format, codeSplitting: false },
      ...(external && { external: /^@bge-js\// }),
    }),
  "vite build --ssr": (input, output, format, external) =>
    vite({
      root: dirname(input),
      configFile: false,
      logLevel: "silent",
      build: {
        ssr: input,
        outDir: dirname(output),
        emptyOutDir: false,
        rolldownOptions: { output: { format, entryFileNames: basename(output), codeSplitting: false } },
      },
      // Packages stay outside unless this says otherwise.
      ...(!external && { ssr: { noExternal: true } }),
    }),
  webpack: (input, output, format, external) => {
    const esm = format === "esm";
    return promised({
      mode: "production",
      target: "node20",
      optimization: { minimize: false },
      entry: input,
      output: { path: dirname(output), filename: basename(output), module: esm },
      ...(esm && { experiments: { outputModule: true } }),
      ...(external && { externals: [/^@bge-js\//], externalsType: esm ? "module" : "commonjs" }),
    });
  },
};

function promised(options: webpack.Configuration): Promise<void> {
  return new Promise((resolve, reject) =>
    webpack(options, (error, stats) => {
      if (error !== null || stats?.hasErrors() === true) reject(error ?? new Error(stats?.toString("errors-only")));
      else resolve();
    }),
  );
}

/** Prints how many documents and texts there are on disk, or the code of the error and whether its message names the remedy. */
const ON_DISK = `import { loadEmbedder } from "@bge-js/core";
import { loadRetriever } from "@bge-js/retriever";
import { openStore } from "@bge-js/store";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
void (async () => {
  const folder = mkdtempSync(join(tmpdir(), "bge-js-on-disk-"));
  const embedder = await loadEmbedder(undefined, { threads: 1 });
  for (const open of [
    () => loadRetriever({ directory: join(folder, "index"), embedder, reranker: false }),
    () => openStore({ directory: join(folder, "rows") }),
  ]) {
    try {
      const opened = await open();
      console.log(opened.size ?? opened.kept().texts);
      await opened.dispose();
    } catch ({ code, message }) {
      console.log(code, message.includes("docs/bundlers.md"));
    }
  }
  await embedder.dispose();
  rmSync(folder, { recursive: true });
})();
`;

let project: PackedProject;
beforeAll(() => {
  project = packedProject();
  writeFileSync(join(project.directory, "program.mjs"), PROGRAM);
  writeFileSync(join(project.directory, "on-disk.mjs"), ON_DISK);
});
afterAll(() => project.remove());

function run(file: string): string {
  // Test runners that pnpm starts find its whole store by NODE_PATH.
  const env = { ...process.env, NODE_PATH: "" };
  return execFileSync(process.execPath, [file], { cwd: project.directory, encoding: "utf8", env });
}

describe.each(Object.entries(BUNDLERS))("%s", (name, build) => {
  const bundle = async (format: Format, external: boolean) => {
    const output = join(
      project.directory,
      `${name.split(" ")[0]}-${external ? "outside" : "inside"}.${format === "esm" ? "mjs" : "cjs"}`,
    );
    await build(join(project.directory, "program.mjs"), output, format, external);
    return output;
  };

  test.each<Format>(["esm", "cjs"])("a bundle (%s) without the package runs", async (format) => {
    expect(run(await bundle(format, true))).toBe("384\n384\n");
  });

  test.each<Format>(["esm", "cjs"])("a bundle (%s) with the package says that it cannot be", async (format) => {
    expect(run(await bundle(format, false))).toBe(REFUSED);
  });
});

describe("an index and a store on disk, which need LMDB's native library", () => {
  const esbuilt = async (format: Format, external: readonly string[]) => {
    const outfile = join(project.directory, `on-disk-${external.length}.${format === "esm" ? "mjs" : "cjs"}`);
    const entryPoints = [join(project.directory, "on-disk.mjs")];
    await esbuild({
      entryPoints,
      outfile,
      bundle: true,
      platform: "node",
      format,
      logLevel: "silent",
      external: [...external],
    });
    return run(outfile);
  };

  test.each<Format>(["esm", "cjs"])("open in a bundle (%s) without the packages", async (format) => {
    expect(await esbuilt(format, ["@bge-js/*"])).toBe("0\n0\n");
  });

  test.each<Format>(["esm", "cjs"])("say that a bundle (%s) with their packages cannot be", async (format) => {
    expect(await esbuilt(format, ["@bge-js/core", "@bge-js/model-*"])).toBe(REFUSED);
  });

  test("open in a bundle by Vite that takes in all else", async () => {
    await vite({
      root: project.directory,
      configFile: false,
      logLevel: "silent",
      build: {
        ssr: join(project.directory, "on-disk.mjs"),
        outDir: join(project.directory, "vite"),
        emptyOutDir: false,
      },
      ssr: { noExternal: true, external: ["@bge-js/core", "@bge-js/retriever", "@bge-js/store"] },
    });
    expect(run(join("vite", "on-disk.mjs"))).toBe("0\n0\n");
  });

  test("say what is missing in a deployment without it", () => {
    expect(without("lmdb", () => run("on-disk.mjs"))).toBe(REFUSED);
  });
});

test("a deployment without onnxruntime-node says what is missing", () => {
  expect(without("onnxruntime-node", () => run("program.mjs"))).toBe(REFUSED);
});

function without<T>(name: string, act: () => T): T {
  const [there, away] = [name, "away"].map((one) => join(project.directory, "node_modules", one));
  renameSync(there!, away!);
  try {
    return act();
  } finally {
    renameSync(away!, there!);
  }
}
