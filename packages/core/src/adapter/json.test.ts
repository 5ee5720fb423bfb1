import { expect, test } from "vitest";
import { documentAsJson } from "./json.js";

test("of an object of a class, its own fields are kept, whatever its toJSON leaves out", () => {
  class Page {
    readonly id = "a";
    readonly text = "a text";
    readonly page = 7;
    toJSON() {
      return { id: this.id, text: this.text };
    }
  }
  const own = { id: "a", text: "a text", page: 7 };
  expect(documentAsJson(new Page())).toEqual({ json: JSON.stringify(own), copy: own });
});

test("a method toJSON of the document itself is named", () => {
  expect(documentAsJson({ id: "a", text: "a text", toJSON: () => ({}) })).toMatch(/its field toJSON is a method/);
});
