import { expect, test } from "vitest";
import { modelIdOf } from "./model-id.js";

test("the folder of a model may be a URL of another realm, as in a test runner", () => {
  const { href } = new URL("file:///models/mine");
  const elsewhere = { href, toString: () => href, [Symbol.toStringTag]: "URL" } as unknown as URL;
  expect(modelIdOf(elsewhere, "none")).toBe(href);
});
