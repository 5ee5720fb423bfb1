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
      output: { file: output, format, codeSplitting: false },
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

let project: PackedProject;
beforeAll(() => {
  project = packedProject();
  writeFileSync(join(project.directory, "program.mjs"), PROGRAM);
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
    expect(run(await bundle(format, false))).toBe("UNSUPPORTED_PLATFORM true\nUNSUPPORTED_PLATFORM true\n");
  });
});

test("a deployment without onnxruntime-node says what is missing", () => {
  const [there, away] = ["onnxruntime-node", "away"].map((name) => join(project.directory, "node_modules", name));
  renameSync(there!, away!);
  try {
    expect(run("program.mjs")).toBe("UNSUPPORTED_PLATFORM true\nUNSUPPORTED_PLATFORM true\n");
  } finally {
    renameSync(away!, there!);
  }
});
