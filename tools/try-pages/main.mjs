// npm run docs:try [-- PAGE...]: does what a newcomer does with each page that starts from an empty folder. It runs the page's own
// commands of npm as they stand, where a registry of its own has this repository's packages as they would be published, then its
// programs and commands, and compares what they print. With --types it also shows what TypeScript says of the programs, which are
// JavaScript: what is left are parameters without a type. Needs npm's registry; QDRANT_URL is for the pages over Qdrant.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packAll } from "../pack.mjs";
import { PAGES } from "./pages.mjs";
import { serveTarballs } from "./registry.mjs";
import { begins, stepsOf } from "./steps.mjs";
import { typeErrors } from "./types.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "bge-js-pages-"));
const asked = process.argv.slice(2).filter((argument) => argument !== "--types");
const withTypes = process.argv.includes("--types");
/** What a program needs that not every machine has. */
const hasMastra = Number(process.versions.node.split(".")[0]) >= 22;
const hasQdrant = process.env.QDRANT_URL !== undefined;
let failed = 0;

const tarballs = join(folder, "tarballs");
packAll(tarballs);
const registry = await serveTarballs(tarballs);
try {
  const settings = join(folder, "npmrc");
  writeFileSync(settings, `${ownSettings()}\n@bge-js:registry=${registry.url}\n`);
  const bin = join(folder, "global", process.platform === "win32" ? "" : "bin");
  const env = {
    ...process.env,
    NPM_CONFIG_USERCONFIG: settings,
    npm_config_prefix: join(folder, "global"), // where `npm install -g` goes
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    MASTRA_TELEMETRY_DISABLED: "1",
  };
  for (const page of PAGES.filter((one) => asked.length === 0 || asked.some((name) => isAsked(one, name)))) {
    await tryPage(page, env);
  }
} finally {
  registry.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;

/** A page is named by its path, or by a part of it. */
function isAsked(page, name) {
  return PAGES.includes(name) ? page === name : page.includes(name);
}

async function tryPage(page, env) {
  const text = readFileSync(join(root, page), "utf8");
  let project;
  let isUsed = true;
  let programs = [];
  const report = (ok, what) => {
    if (!ok) failed++;
    console.log(`${page}: ${what}`);
  };
  const leave = async () => {
    if (withTypes && programs.length > 0) {
      const errors = await typeErrors(project, programs, (command) => run(command, project, env));
      report(true, errors ? `TypeScript says, under ${errors}` : `${programs.length} programs type-check`);
    }
    if (project !== undefined) rmSync(project, { recursive: true, force: true });
    programs = [];
  };
  for (const { install, program, command, prints } of stepsOf(text)) {
    if (install !== undefined) {
      if (isUsed && begins(install)) {
        await leave();
        project = join(folder, "project");
        if (text.includes("test/fixtures/notes"))
          cpSync(join(root, "test/fixtures/notes"), project, { recursive: true });
        else mkdirSync(project);
        isUsed = false;
      }
      const { status, stdout, stderr } = await run(install, project ?? folder, env);
      const warnings = stderr.split("\n").filter((line) => /warn|error/i.test(line));
      report(status === 0, `${install}\n  ${[...stdout.trim().split("\n").slice(-1), ...warnings].join("\n  ")}`);
      continue;
    }
    isUsed = true;
    if (program?.includes("@mastra/") && !hasMastra) continue;
    if (program?.includes("QDRANT_URL") && !hasQdrant) continue;
    if (program !== undefined) {
      programs.push(program);
      writeFileSync(join(project, "search.mjs"), program);
    }
    const start = performance.now();
    const { status, stdout, stderr } = await run(command ?? "node search.mjs", project, env);
    // A program says nothing else; a command tells its progress beside its results.
    const isRight = status === 0 && stdout === prints && (program === undefined || stderr === "");
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    report(isRight, isRight ? `prints what it shows, in ${seconds} s` : `exit code ${status}: ${stdout}${stderr}`);
  }
  await leave();
}

/** @returns what the user has set for npm, which goes on to hold */
function ownSettings() {
  try {
    return readFileSync(process.env.NPM_CONFIG_USERCONFIG ?? join(homedir(), ".npmrc"), "utf8");
  } catch {
    return "";
  }
}

/** Runs a command of a shell. */
function run(command, cwd, env) {
  return new Promise((resolve) => {
    execFile("bash", ["-c", command], { cwd, env, encoding: "utf8", maxBuffer: 1e8 }, (error, stdout, stderr) => {
      resolve({ status: error?.code ?? 0, stdout, stderr });
    });
  });
}
