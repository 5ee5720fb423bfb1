import { describe, expect, test } from "vitest";
import { bestWindow, parts, questionWords } from "./highlight.js";

const marked = (question: string, line: string) => {
  const all = parts(line, questionWords(question));
  expect(all.map(({ text }) => text).join("")).toBe(line);
  return all.filter(({ matches }) => matches).map(({ text }) => text);
};

describe("words of the question", () => {
  test("case, accents, plurals, and names in code", () => {
    expect(marked("Which POLICIES are there?", "the policy, a Policy")).toEqual(["policy", "Policy"]);
    expect(marked("cafe", "café cafe\u0301 decaf")).toEqual(["café", "cafe\u0301"]);
    expect(marked("how long is the queue", "const maxQueueSize = queue_size;")).toEqual(["maxQueueSize", "queue"]);
    expect(marked("to be or not to be", "not to speak of it")).toEqual(["not", "to"]);
  });

  test("scripts without spaces between words", () => {
    expect(marked("如何退票？", "发车前一天之前可以退票。")).toEqual(["退票"]);
    expect(marked("猫吃什么", "我的猫吃鱼。")).toEqual(["猫", "吃"]);
    expect(marked("什么的", "的")).toEqual(["的"]);
    expect(marked("切符の料金", "切符は前日まで料金がかかります。")).toEqual(["切符", "料金"]);
  });

  test("the lines with the most of them", () => {
    const lines = ["第一行。", "第二行。", "可以退票，", "手续费为百分之十。", "第五行。"];
    expect(bestWindow(lines, questionWords("退票手续费"), 2)).toBe(2);
    expect(bestWindow(lines, questionWords("天气"), 2)).toBe(0);
  });
});
