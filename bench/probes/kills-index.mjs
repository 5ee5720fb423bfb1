// Kills a process at random moments while it adds to, changes and removes from an index on disk: while it opens, between commits and in
// them, while words are merged and removed documents purged. After each kill the index must open, have all that was acknowledged and
// nothing that was not given, and every search must find it.
//   npm run kills-index -- [--kills 200] [--seed 1] [--directory DIR]

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openDiskStore } from "../../packages/retriever/dist/disk/disk-store.js";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    directory: { type: "string" },
    /** Set where this program writes until it is killed. */
    writer: { type: "boolean", default: false },
  },
});
const DIMENSIONS = 48;
/** Few enough that most additions replace, so that words are purged again and again. */
const IDS = 3000;
const MOST_AT_ONCE = 900;
const directory = values.directory ?? join(mkdtempSync(join(tmpdir(), "bge-kills-")), "index");

let state = Number(values.seed);
function random(below) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

const open = () =>
  openDiskStore({
    directory,
    readOnly: false,
    dimensions: DIMENSIONS,
    identity: { vectors: { id: "probe" }, rows: true },
  });

/** The vector of a text, and its rows: always the same. */
function vectorOf(text) {
  let own = 7;
  for (const character of text) own = (Math.imul(own, 31) + character.charCodeAt(0)) | 0;
  const vector = Float32Array.from({ length: DIMENSIONS }, () => {
    own = (Math.imul(own, 1664525) + 1013904223) | 0;
    return own / 2 ** 31;
  });
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

const rowsOf = (text) => Buffer.from(text.repeat(1 + (text.length % 90)));

if (values.writer) await writeForEver();
else await killOften();

async function writeForEver() {
  const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  const store = await open();
  for (let step = 0; ; step++) {
    const ids = Array.from({ length: 1 + random(MOST_AT_ONCE) }, () => `id${random(IDS)}`);
    if (random(4) === 0) {
      say({ begin: Object.fromEntries(ids.map((id) => [id, null])) });
      await store.remove(ids);
    } else {
      const texts = Object.fromEntries(
        ids.map((id) => [id, `only${values.seed}x${step}y${id} word${random(500)} often`]),
      );
      say({ begin: texts });
      const stored = [];
      for (const [id, text] of Object.entries(texts)) {
        stored.push(store.put({ id, text }, [vectorOf(text)], rowsOf(text)));
        if (store.isDue()) await store.commit();
      }
      await store.commit();
      await Promise.all(stored);
    }
    say({ done: true });
  }
}

async function killOften() {
  /** What must be in the index; and what may be in the place of it, as long as nobody said that it is stored. */
  const sure = new Map();
  let [acknowledged, midway, missing] = [0, 0, 0];
  const kills = Number(values.kills);
  for (let kill = 1; kill <= kills; kill++) {
    const flags = [fileURLToPath(import.meta.url), "--writer", "--directory", directory, "--seed", String(kill * 7919)];
    const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (part) => {
      said += part;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), 50 + random(2000));
    const [code, signal] = await once(child, "close");
    clearTimeout(timer);
    if (signal !== "SIGKILL") throw new Error(`The writer ended by itself: ${code} ${signal}`);
    // The last line may be cut.
    const lines = said
      .slice(0, said.lastIndexOf("\n") + 1)
      .split("\n")
      .filter(Boolean);
    let begun = new Map();
    for (const line of lines) {
      const { begin, done } = JSON.parse(line);
      if (begin !== undefined) begun = new Map(Object.entries(begin));
      if (done !== true) continue;
      for (const [id, text] of begun) sure.set(id, text);
      acknowledged += begun.size;
      begun = new Map();
    }
    if (begun.size > 0) midway++;
    const checked = await check(sure, begun);
    missing += checked.wrong;
    if (kill % 20 === 0) console.error(`${kill} kills, ${checked.size} documents, ${missing} wrong`);
  }
  console.log(
    `${kills} kills, ${midway} of them in the midst of adding or removing: ${acknowledged} changes acknowledged, ` +
      `${missing} documents lost, damaged, back again or not found`,
  );
  if (values.directory === undefined) rmSync(join(directory, ".."), { recursive: true });
  process.exitCode = missing === 0 ? 0 : 1;
}

/** Compares the index with what must be and may be in it, which is then what it says. */
async function check(sure, possible) {
  const store = await open();
  let wrong = 0;
  const there = new Set();
  for await (const id of store.ids()) there.add(id);
  for (const id of new Set([...sure.keys(), ...possible.keys(), ...there])) {
    const text = store.get(id)?.text ?? null;
    const right = text === (sure.get(id) ?? null) || (possible.has(id) && text === possible.get(id));
    if (!right || there.has(id) !== (text !== null)) wrong++;
    if (text === null) sure.delete(id);
    else sure.set(id, text);
  }
  if (store.size !== there.size) wrong++;
  const some = [...there].filter((_, i) => i % 97 === 0);
  for (const id of some) {
    const text = sure.get(id);
    const view = await store.view();
    const words = await view.lexical(text.split(" ")[0], 2);
    const vectors = await view.dense(vectorOf(text), 2);
    for (const { slots } of [words, vectors]) {
      const entry = slots[0] === undefined ? undefined : view.entry(slots[0]);
      if (entry?.document.id !== id || !rowsOf(text).equals(entry.rows())) wrong++;
    }
    view.close();
  }
  const view = await store.view();
  if ((await view.lexical("often", 2 * IDS)).slots.length !== there.size) wrong++;
  view.close();
  const size = store.size;
  await store.close();
  return { wrong, size };
}
