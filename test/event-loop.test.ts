import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("./support/event-loop-program.mjs", import.meta.url));

/** What holds the event loop is measured against one run of the model in the same process: no time of ours is asserted. */
test("the caller's event loop stays free while 200 documents of 400 tokens and one 1 MB text are embedded", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const { tokens, runMs, longestMs, queries, vectors } = JSON.parse(stdout) as Record<string, number>;
  console.log(
    `longest stretch of the event loop ${longestMs!.toFixed(1)} ms, one model run ${runMs!.toFixed(1)} ms; ${queries} queries meanwhile`,
  );
  expect(tokens).toBe(400);
  expect(vectors).toBe(3 * 201);
  expect(longestMs!).toBeLessThan(runMs! / 2);
  // A query that waited for the whole bulk would be the only one.
  expect(queries!).toBeGreaterThan(20);
}, 300_000);
