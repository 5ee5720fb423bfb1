import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderOf } from "../../../../test/support/folders.js";
import { hubCacheDirectory, hubEndpoint, hubToken, offlineVariable, proxyFor } from "./environment.js";

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

test.each([
  [{ HF_TOKEN: " hf_a\n", HUGGING_FACE_HUB_TOKEN: "hf_b" }, "hf_a"],
  [{ HUGGING_FACE_HUB_TOKEN: "hf_b" }, "hf_b"],
  [{ HF_TOKEN: "hf_a", HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }, undefined],
  [{ HF_HOME: "/no/such/folder" }, undefined],
])("the token of %j is %s", (env, token) => {
  expect(hubToken(env)).toBe(token);
});

test("the token may be in the file written by `hf auth login`", () => {
  const home = folderOf({ token: "hf_file\n", elsewhere: "hf_other" });
  expect(hubToken({ HF_HOME: home })).toBe("hf_file");
  expect(hubToken({ HF_HOME: home, HF_TOKEN_PATH: join(home, "elsewhere") })).toBe("hf_other");
  expect(hubToken({ HF_HOME: home, HF_HUB_DISABLE_IMPLICIT_TOKEN: "TRUE" })).toBeUndefined();
});

test.each([
  [{ HF_HUB_OFFLINE: "1" }, "HF_HUB_OFFLINE"],
  [{ HF_HUB_OFFLINE: "0", TRANSFORMERS_OFFLINE: "yes" }, "TRANSFORMERS_OFFLINE"],
  [{ HF_HUB_OFFLINE: "false" }, undefined],
  [{}, undefined],
])("%j forbids the network by %s", (env, name) => {
  expect(offlineVariable(env)).toBe(name);
});

test("the endpoint is the hub, or HF_ENDPOINT", () => {
  expect(hubEndpoint({})).toBe("https://huggingface.co");
  expect(hubEndpoint({ HF_ENDPOINT: "https://mirror.example" })).toBe("https://mirror.example");
});

test.each([
  ["https://hub.example/x", { HTTPS_PROXY: "http://p:1" }, "http://p:1"],
  ["https://hub.example/x", { https_proxy: "http://small:1", HTTPS_PROXY: "http://p:1" }, "http://small:1"],
  ["https://hub.example/x", { HTTP_PROXY: "http://p:1" }, undefined],
  ["http://hub.example/x", { HTTP_PROXY: "p:1" }, "http://p:1"],
  ["http://hub.example/x", { ALL_PROXY: "http://p:1" }, "http://p:1"],
  ["https://hub.example/x", { HTTPS_PROXY: "http://p:1", NO_PROXY: "*" }, undefined],
  ["https://hub.example/x", { HTTPS_PROXY: "http://p:1", NO_PROXY: "a.b, hub.example" }, undefined],
  ["https://cdn.hub.example/x", { HTTPS_PROXY: "http://p:1", no_proxy: "hub.example" }, undefined],
  ["https://cdn.hub.example/x", { HTTPS_PROXY: "http://p:1", no_proxy: ".HUB.example" }, undefined],
  ["https://nothub.example/x", { HTTPS_PROXY: "http://p:1", no_proxy: "hub.example" }, "http://p:1"],
  ["https://hub.example:8443/x", { HTTPS_PROXY: "http://p:1", no_proxy: "hub.example:443" }, "http://p:1"],
  ["https://hub.example/x", { HTTPS_PROXY: "http://p:1", no_proxy: "hub.example:443" }, undefined],
  ["http://127.0.0.1:9/x", { HTTP_PROXY: "http://p:1", no_proxy: "localhost,127.0.0.1" }, undefined],
  ["http://[::1]:9/x", { HTTP_PROXY: "http://p:1", no_proxy: "::1" }, undefined],
  ["http://[::1]:9/x", { HTTP_PROXY: "http://p:1", no_proxy: "[::1]:9" }, undefined],
])("%s with %j goes through %s", (url, env, proxy) => {
  expect(proxyFor(new URL(url), env)).toBe(proxy);
});
