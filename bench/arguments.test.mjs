import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { PARTS, parseArguments } from "./arguments.mjs";

describe("arguments", () => {
  it("runs every part but pictures in five rounds on two threads", () => {
    expect(parseArguments([])).toEqual({
      short: false,
      parts: PARTS.filter((part) => part !== "pictures"),
      rounds: 5,
      threads: 2,
      write: false,
      help: false,
    });
  });

  it("takes fewer rounds for a short run, unless told how many", () => {
    expect(parseArguments(["--short"]).rounds).toBe(2);
    expect(parseArguments(["--short", "--rounds", "7"]).rounds).toBe(7);
  });

  it("runs the parts that are named, in their own order", () => {
    expect(parseArguments(["--part", "memory", "--part", "bulk"]).parts).toEqual(["bulk", "memory"]);
  });

  it("runs pictures with a model's folder", () => {
    expect(parseArguments(["--model", "folder"])).toMatchObject({ parts: PARTS, model: resolve("folder") });
    const named = parseArguments(["--part", "pictures", "--model", "a", "--peer-model", "b"]);
    expect(named).toMatchObject({ parts: ["pictures"], model: resolve("a"), peerModel: resolve("b") });
  });

  it.each([
    [["--part", "pictures"], "needs --model"],
    [["--part", "bulky"], "--part bulky"],
    [["--rounds", "0"], "--rounds 0"],
    [["--rounds", "1.5"], "--rounds 1.5"],
    [["--threads", "many"], "--threads many"],
    [["--short", "--write"], "not for print"],
    [["--fast"], "--fast"],
  ])("refuses %j", (args, message) => {
    expect(() => parseArguments(args)).toThrow(message);
  });
});
