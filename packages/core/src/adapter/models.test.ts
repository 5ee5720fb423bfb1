import { expect, test } from "vitest";
import { adapterFields } from "./models.js";

test("an adapter accepts a URL as the model", () => {
  const url = new URL("file:///models/mine");
  expect(adapterFields(url)).toEqual({ model: url });
  expect(adapterFields({ model: url })).toEqual({ model: url });
});
