import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BgeError } from "../api/errors.js";
import type { TruncationReport } from "../api/options.js";
import { createTruncation } from "./truncation-report.js";

type Warning = Error & { code?: string };
const warnings: Warning[] = [];
const listener = (warning: Warning) => void warnings.push(warning);
beforeEach(() => {
  warnings.length = 0;
  process.on("warning", listener);
});
afterEach(() => void process.off("warning", listener));
/** Warnings are emitted on the next tick. */
const emitted = () => new Promise<Warning[]>((resolve) => setImmediate(() => resolve(warnings)));

const cut = { tokens: 600, kept: 512 };
const whole = { tokens: 5, kept: 5 };

describe("truncation", () => {
  test('"warn", the default, emits one process warning per model, whatever is truncated', async () => {
    const truncation = createTruncation("BAAI/x", 512, {});
    truncation.report([whole, cut, cut], "document", 256);
    truncation.report([cut], "query");
    const [warning, ...more] = await emitted();
    expect(more).toEqual([]);
    expect(warning).toMatchObject({ name: "BgeWarning", code: "BGE_TRUNCATED" });
    expect(warning?.message).toContain("BAAI/x: a document of 600 tokens was cut to 512 (index 257)");
  });

  test("each model warns for itself", async () => {
    createTruncation("BAAI/x", 512, {}).report([cut], "query");
    createTruncation("BAAI/y", 512, {}).report([cut], "query");
    expect((await emitted()).map(({ message }) => message.slice(0, 6))).toEqual(["BAAI/x", "BAAI/y"]);
  });

  test("says nothing while nothing is truncated", async () => {
    const reports: TruncationReport[] = [];
    const truncation = createTruncation("BAAI/x", 512, { onTruncate: (report) => reports.push(report) });
    truncation.report([whole, { error: new BgeError("INFERENCE_FAILED", "") }], "document");
    expect(reports).toEqual([]);
    expect(await emitted()).toEqual([]);
  });

  test('"silent" emits no warning', async () => {
    createTruncation("BAAI/x", 512, { truncation: "silent" }).report([cut], "document");
    expect(await emitted()).toEqual([]);
  });

  test.each(["warn", "silent"] as const)(
    "%s tells onTruncate of every text that was cut, at its place",
    (truncation) => {
      const reports: TruncationReport[] = [];
      const onTruncate = (report: TruncationReport) => void reports.push(report);
      createTruncation("BAAI/x", 512, { truncation, onTruncate }).report([cut, whole, cut], "document", 10);
      expect(reports).toEqual([
        { index: 10, inputType: "document", ...cut },
        { index: 12, inputType: "document", ...cut },
      ]);
    },
  );

  test('"error" rejects all inputs over the limit at once, and names them with their lengths', () => {
    const truncation = createTruncation("BAAI/x", 512, { truncation: "error" });
    expect(truncation.refuses).toBe(true);
    truncation.refuse([512, 3], "document");
    const refuse = () => truncation.refuse([513, 512, 9000], "document");
    expect(refuse).toThrow(expect.objectContaining({ code: "INPUT_TOO_LONG", index: 0, indices: [0, 2] }));
    expect(refuse).toThrow("The limit is 512 tokens. 2 of 3 inputs are longer: index 0 has 513, index 2 has 9000.");
    expect(() => truncation.refuse([385], "query", 384)).toThrow("The limit is 384 tokens. The query has 385 tokens.");
  });

  test.each(["warn", "silent"] as const)("%s rejects nothing", (truncation) => {
    expect(createTruncation("BAAI/x", 512, { truncation }).refuses).toBe(false);
  });
});
