import { expect, test } from "vitest";
import { optionalPackage } from "./retriever.js";

const open = (name: string) => () => import(name) as Promise<unknown>;

test("a package that is there is opened", async () => {
  expect(await optionalPackage("fast-check", "BgeRetriever", open("fast-check"))).toHaveProperty("assert");
});

test("a package that is missing is an error that says what to install", async () => {
  const refused = optionalPackage("@bge-js/nothing", "BgeRetriever", async () => {
    const missing = new Error("Cannot find package '@bge-js/nothing' imported from /app/index.js");
    throw Object.assign(missing, { code: "ERR_MODULE_NOT_FOUND" });
  });
  await expect(refused).rejects.toMatchObject({
    code: "PACKAGE_NOT_FOUND",
    message: expect.stringContaining("npm install @bge-js/nothing"),
  });
});

test("what is wrong inside of it is not taken for that", async () => {
  const inside = Object.assign(
    new Error("Cannot find package 'lmdb' imported from /app/node_modules/@bge-js/nothing/x.js"),
    {
      code: "ERR_MODULE_NOT_FOUND",
    },
  );
  const refused = optionalPackage("@bge-js/nothing", "BgeRetriever", async () => {
    throw inside;
  });
  await expect(refused).rejects.toBe(inside);
});
