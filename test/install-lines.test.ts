import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { describe, expect, test } from "vitest";
// @ts-expect-error: no types
import { PAGES as pages } from "../tools/try-pages/pages.mjs";
// @ts-expect-error: no types
import { begins as startsAnew, stepsOf as steps } from "../tools/try-pages/steps.mjs";

/**
 * Who follows a page in an empty folder has installed what its programs import. `npm run docs:try` does it, with the packages as
 * they would be published; this says the same of the pages' words, without a network.
 */
type Step = { readonly install?: string; readonly program?: string; readonly command?: string };
const PAGES = pages as readonly string[];
const stepsOf = steps as (page: string) => readonly Step[];
const begins = startsAnew as (install: string) => boolean;

/** What entries and classes of ours need beyond the peers that npm installs by itself: optional peers. */
const NEED: readonly (readonly [RegExp, string])[] = [
  [/@bge-js\/langchain\/splitter"/, "@langchain/textsplitters"],
  [/@bge-js\/qdrant\/langchain"/, "@langchain/core"],
  [/@bge-js\/qdrant\/llamaindex"/, "@llamaindex/core"],
  [/\bBgeRetriever\b.*@bge-js\/(?:langchain|llamaindex)"/, "@bge-js/retriever"],
  [/\bretrieverStore\b.*@bge-js\/ingest"/, "@bge-js/retriever"],
];
/** Models that are loaded without being named, and the packaged ones that are named. */
const MODELS: readonly (readonly [RegExp, string])[] = [
  [
    /\bload(?:Embedder|Reranker)\(\)|\bload(?:Qdrant)?Retriever\(|\bnew Bge(?:Embeddings?|Reranker|SentenceSplitter)\(\)|\b(?:embedding|reranking)Model\(\)|"BAAI\/bge-small-en-v1\.5"/,
    "@bge-js/model-bge-small-en-v1.5",
  ],
  [
    /\bloadReranker\((?:\)|undefined)|\bnew BgeReranker\(|\b(?:rerankingModel|relevanceScorer)\(\)|"bge-js\/reranker-small-en"/,
    "@bge-js/model-reranker-small-en",
  ],
  [/"BAAI\/bge-small-zh-v1\.5"/, "@bge-js/model-bge-small-zh-v1.5"],
];

/** Peers of ours that npm installs with them. */
function peersOf(name: string): string[] {
  if (!name.startsWith("@bge-js/")) return [];
  const file = new URL(`../packages/${name.slice("@bge-js/".length)}/package.json`, import.meta.url);
  const { peerDependencies = {}, peerDependenciesMeta = {} } = JSON.parse(readFileSync(file, "utf8"));
  return Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional !== true);
}

const packageOf = (specifier: string) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)![0];
const namesOf = (install: string) =>
  [...install.matchAll(/(?<=\s)(@[\w.-]+\/[\w.-]+|[\w.-]+)(?:@[\w.^~-]+)?(?=\s|$)/g)].map(([, name]) => name!);

function needsOf(program: string): string[] {
  const imported = [...program.matchAll(/^import (?:[^"]* from )?"([^"]+)";$/gm)].map(([, specifier]) => specifier!);
  const packages = imported.filter((specifier) => !isBuiltin(specifier)).map(packageOf);
  const further = [...NEED, ...MODELS].filter(([pattern]) => pattern.test(program)).map(([, name]) => name);
  return [...new Set([...packages, ...further])];
}

describe.each(PAGES.filter((page) => !page.includes("command-line") && !page.includes("/cli/")))("%s", (page) => {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), "utf8");

  test("installs what its programs need before they run", () => {
    let installed = new Set<string>();
    let isUsed = true;
    let programs = 0;
    for (const { install, program } of stepsOf(text)) {
      if (install !== undefined) {
        if (isUsed && begins(install)) installed = new Set();
        isUsed = false;
        for (const name of namesOf(install)) for (const each of [name, ...peersOf(name)]) installed.add(each);
      }
      if (program === undefined) continue;
      isUsed = true;
      programs++;
      for (const name of needsOf(program)) expect([...installed], program).toContain(name);
    }
    expect(programs).toBeGreaterThan(0);
  });
});

test.each(PAGES)("%s installs core without the scripts of its dependencies", (page) => {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), "utf8");
  const installs = stepsOf(text).flatMap(({ install }) =>
    install === undefined || !/@bge-js\/(core|cli)\b/.test(install) ? [] : [install],
  );
  expect(installs.length).toBeGreaterThan(0);
  for (const install of installs) expect(install).toContain("--ignore-scripts");
});
