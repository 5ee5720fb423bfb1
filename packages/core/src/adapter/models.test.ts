import { expect, test } from "vitest";
import { adapterFields } from "./models.js";

test("an adapter takes a URL as the model that it is", () => {
  const url = new URL("file:///models/mine");
  expect(adapterFields(url)).toEqual({ model: url });
  expect(adapterFields({ model: url })).toEqual({ model: url });
});
