// How long a person waits for `bge search`: from the start of the command to its first hit, over an index that is kept already.
//   node bench/probes/first-hit.mjs FOLDER "question" [PROGRAM] [RUNS]
// PROGRAM is node_modules/@bge-js/cli/bundle/main.js where the package is installed; without it, the repository's modules run, of which
// each is a file of its own.
// Prints medians and all runs, with those of `node -e 0` between them: the part that no program can save.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));
const [folder, question, bge = built, runs = "9"] = process.argv.slice(2);
if (question === undefined) throw new Error('FOLDER and "question" are needed');
const search = [bge, "search", folder, question, "--top", "1"];

/** Resolves to the milliseconds until the program prints, or ends. */
async function timed(args) {
  const start = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let first;
  child.stdout.on("data", () => {
    first ??= performance.now() - start;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}`);
  return first ?? performance.now() - start;
}

// Makes the index, or brings it up to date.
await timed(search);
const times = { "node -e 0": [], "first hit": [] };
for (let run = 0; run < Number(runs); run++) {
  times["node -e 0"].push(await timed(["-e", "0"]));
  times["first hit"].push(await timed(search));
}
for (const [name, all] of Object.entries(times)) {
  all.sort((a, b) => a - b);
  const median = all[Math.floor(all.length / 2)];
  console.log(`${name}: ${median.toFixed(0)} ms (${all.map((ms) => ms.toFixed(0)).join(", ")})`);
}
