import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canEmulate, NODE_PATH, nodeOn, PROCESSORS } from "./support/arm/processors.js";
import { runInEmptySurroundings } from "./support/empty-surroundings.js";
import { type PackedProject, packedProject } from "./support/packed.js";

/** Arm, emulated: whether it computes what this processor computes, not how fast. */
const PROGRAM = fileURLToPath(new URL("support/arm/program.mjs", import.meta.url));
const MODELS = process.env["BGE_JS_MODELS"];
const weights = MODELS === undefined ? [] : [join(MODELS, "bge-small-en-v1.5")];

interface Embedded {
  readonly vectors: readonly (readonly number[])[];
  readonly same: boolean;
}
interface Results {
  readonly int8: Embedded;
  readonly lateInteraction: readonly number[];
  readonly crossEncoder: readonly number[];
  readonly fused: readonly number[];
  readonly search: readonly string[];
  readonly fp32?: Embedded;
}

let project: PackedProject;
async function run(program: string, args: readonly string[]): Promise<Results> {
  const env = { NODE_PATH };
  const given = [...args, join(project.directory, "program.mjs"), ...weights];
  const { out, err, code, files } = await runInEmptySurroundings(given, { program, env });
  // A canary that fails would warn.
  expect({ err, code, files }).toEqual({ err: "", code: 0, files: [] });
  return Object.assign({}, ...out.map((line) => JSON.parse(line)));
}

describe.skipIf(!canEmulate)("Arm", { timeout: 900_000 }, () => {
  beforeAll(() => {
    project = packedProject();
    copyFileSync(PROGRAM, join(project.directory, "program.mjs"));
    writeFileSync(join(project.directory, "package.json"), JSON.stringify({ type: "module" }));
  });
  afterAll(() => project.remove());

  test("the numbers of this processor, on each", async () => {
    // Side by side: an emulated processor keeps one core busy for a minute.
    const programs = PROCESSORS.map((processor) => run("qemu-aarch64", nodeOn(processor)));
    const [here, ...emulated] = await Promise.all([run(process.execPath, []), ...programs]);
    for (const [i, { name }] of PROCESSORS.entries()) {
      const there = emulated[i]!;
      expect(worstCosine(there.int8, here.int8), name).toBeGreaterThan(0.999);
      expect(there.int8.same, name).toBe(true);
      expect(farthest(there.lateInteraction, here.lateInteraction), name).toBeLessThan(0.01);
      expect(farthest(there.crossEncoder, here.crossEncoder), name).toBeLessThan(0.2);
      expect(farthest(there.fused, here.fused), name).toBeLessThan(0.1);
      expect(there.search, name).toEqual(here.search);
      if (here.fp32 === undefined) continue;
      expect(worstCosine(there.fp32!, here.fp32), name).toBeGreaterThan(0.99999);
      expect(there.fp32!.same, name).toBe(true);
    }
  });
});

function worstCosine(some: Embedded, others: Embedded): number {
  const dots = some.vectors.map((vector, i) =>
    vector.reduce((sum, value, d) => sum + value * others.vectors[i]![d]!, 0),
  );
  return Math.min(...dots);
}

function farthest(some: readonly number[], others: readonly number[]): number {
  return Math.max(...some.map((score, i) => Math.abs(score - others[i]!)));
}
