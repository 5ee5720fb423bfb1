import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hubCacheDirectory } from "./environment.js";

test.each([
  [{ HF_HUB_CACHE: "/a", HUGGINGFACE_HUB_CACHE: "/b", HF_HOME: "/c", XDG_CACHE_HOME: "/d" }, "/a"],
  [{ HUGGINGFACE_HUB_CACHE: "/b", HF_HOME: "/c", XDG_CACHE_HOME: "/d" }, "/b"],
  [{ HF_HOME: "/c", XDG_CACHE_HOME: "/d" }, join("/c", "hub")],
  [{ XDG_CACHE_HOME: "/d" }, join("/d", "huggingface", "hub")],
  [{}, join(homedir(), ".cache", "huggingface", "hub")],
  [{ HF_HUB_CACHE: "", HF_HOME: "" }, join(homedir(), ".cache", "huggingface", "hub")],
  [{ HF_HOME: "~/models" }, join(homedir(), "models", "hub")],
  [{ HF_HUB_CACHE: "~" }, homedir()],
  [{ HF_HUB_CACHE: "~other/x" }, "~other/x"],
])("the Hugging Face cache of %j is %s", (env, directory) => {
  expect(hubCacheDirectory(env)).toBe(directory);
});
