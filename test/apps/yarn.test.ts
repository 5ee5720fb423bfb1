import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// @ts-expect-error: no types
import { pack } from "../../tools/pack.mjs";
import { runsExamples } from "../support/installed-example.js";

const YARN = "@yarnpkg/cli-dist@4.18.1";
const OURS = ["core", "retriever", "server", "store", "cli", "model-bge-small-en-v1.5", "model-reranker-small-en"];
const MODELS = `(async () => {
  const { loadEmbedder } = await import("@bge-js/core");
  const { loadRetriever } = await import("@bge-js/retriever");
  for (const isolation of ["thread", "process"]) {
    const embedder = await loadEmbedder(undefined, { isolation });
    console.log((await embedder.embedQuery("what is a panda?")).length);
    await embedder.dispose();
  }
  const retriever = await loadRetriever({ directory: "index" });
  await retriever.add([{ id: "panda", text: "The panda is a bear." }, { id: "paris", text: "Paris is in France." }]);
  console.log((await retriever.search("what is a panda?")).results[0].id);
  await retriever.dispose();
})();
`;

describe.skipIf(!runsExamples)("Yarn's Plug'n'Play, which has no node_modules", { timeout: 600_000 }, () => {
  let project: string;
  let env: NodeJS.ProcessEnv;
  const yarn = (...args: readonly string[]) =>
    execFileSync("npx", ["-y", YARN, ...args], { cwd: project, env, encoding: "utf8", stdio: "pipe" });

  beforeAll(() => {
    project = realpathSync(mkdtempSync(join(tmpdir(), "bge-js-yarn-")));
    const registry = execFileSync("npm", ["config", "get", "registry"], { cwd: project, encoding: "utf8" }).trim();
    env = {
      ...process.env,
      NODE_PATH: "",
      YARN_NPM_REGISTRY_SERVER: registry.replace(/\/$/, ""),
      YARN_UNSAFE_HTTP_WHITELIST: new URL(registry).hostname,
      YARN_NPM_MINIMAL_AGE_GATE: "0",
      YARN_CACHE_FOLDER: join(project, ".yarn", "cache"),
      YARN_ENABLE_GLOBAL_CACHE: "0",
      YARN_ENABLE_IMMUTABLE_INSTALLS: "0",
      YARN_ENABLE_SCRIPTS: "0",
      YARN_ENABLE_TELEMETRY: "0",
    };
    const tarballs = Object.fromEntries(OURS.map((name) => [`@bge-js/${name}`, `file:${pack(name, project)}`]));
    writeFileSync(
      join(project, "package.json"),
      // Each tarball stands for the version that the others ask for.
      JSON.stringify({ private: true, type: "module", dependencies: tarballs, resolutions: tarballs }),
    );
    writeFileSync(join(project, "yarn.lock"), "");
    cpSync(fileURLToPath(new URL("../fixtures/notes", import.meta.url)), join(project, "notes"), { recursive: true });
    yarn("install");
  });
  afterAll(() => {
    if (project !== undefined) rmSync(project, { recursive: true, force: true });
  });

  test.each(["mjs", "cjs"])("a program (.%s) runs models in threads and processes, and keeps an index", (extension) => {
    writeFileSync(join(project, `models.${extension}`), MODELS);
    expect(yarn("node", `models.${extension}`)).toBe("384\n384\npanda\n");
  });

  test("the command reads Markdown and PDFs", () => {
    const found = (question: string) =>
      JSON.parse(yarn("bge", "search", "notes", question, "--top", "1", "--rerank", "--json")).path;
    expect(found("Can I bring my pet?")).toBe("notes/trains/animals.md");
    expect(found("How do I remove limescale?")).toBe("notes/kettle.pdf");
  });
});
