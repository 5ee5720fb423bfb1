// A headless Chromium over its own pipe (the DevTools protocol), so that tests need no library for it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--remote-debugging-pipe",
  // What browsers ask for by themselves.
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
];

/** Starts the program and opens one page in it. */
export async function openBrowser(program) {
  const profile = mkdtempSync(join(tmpdir(), "bge-js-browser-"));
  const child = spawn(program, [...FLAGS, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  const [, , , input, output] = child.stdio;
  const ended = new Promise((resolve) => child.once("close", resolve));
  const waiting = new Map();
  const listeners = new Set();
  const fail = (error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  child.on("error", fail);
  input.on("error", fail);
  ended.then(() => fail(new Error(`${program} ended.`)));

  let rest = "";
  output.setEncoding("utf8").on("data", (data) => {
    const messages = (rest + data).split("\0");
    rest = messages.pop();
    for (const message of messages) receive(JSON.parse(message));
  });
  function receive({ id, result, error, method, params }) {
    if (id === undefined) {
      for (const listener of listeners) listener(method, params);
      return;
    }
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error.message));
  }

  let last = 0;
  let sessionId;
  const send = (method, params = {}) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      input.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
    });

  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  ({ sessionId } = await send("Target.attachToTarget", { targetId, flatten: true }));
  for (const domain of ["Page", "Runtime", "Network"]) await send(`${domain}.enable`);

  return {
    send,
    /** Opens an address, and resolves when it has loaded, to what went wrong meanwhile. */
    async goto(url) {
      const problems = [];
      let loaded;
      const load = new Promise((resolve) => {
        loaded = resolve;
      });
      const listener = (method, params) => {
        if (method === "Page.loadEventFired") loaded();
        const problem = problemOf(method, params, url);
        if (problem !== undefined) problems.push(problem);
      };
      listeners.add(listener);
      try {
        await send("Page.navigate", { url });
        await load;
        // Until the page's own program has run, which may ask for more.
        await this.evaluate("new Promise((resolve) => requestIdleCallback(resolve, { timeout: 2000 }))");
      } finally {
        listeners.delete(listener);
      }
      return problems;
    },
    /** The value of an expression in the page; a promise is awaited. */
    async evaluate(expression) {
      const { result, exceptionDetails } = await send("Runtime.evaluate", {
        expression,
        awaitPromise: true,
        returnByValue: true,
      });
      if (exceptionDetails !== undefined) throw new Error(textOf(exceptionDetails));
      return result.value;
    },
    setWidth: (width) =>
      send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: false }),
    async close() {
      sessionId = undefined;
      await Promise.race([send("Browser.close"), ended]);
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

function problemOf(method, params, url) {
  if (method === "Runtime.exceptionThrown") return textOf(params.exceptionDetails);
  if (method === "Runtime.consoleAPICalled" && ["error", "warning"].includes(params.type)) {
    return params.args.map(({ value, description }) => value ?? description).join(" ");
  }
  if (method === "Network.responseReceived" && params.response.status >= 400) {
    return `${params.response.url} is answered with ${params.response.status}`;
  }
  if (method !== "Network.requestWillBeSent") return undefined;
  const asked = new URL(params.request.url);
  return ["data:", "blob:"].includes(asked.protocol) || asked.origin === new URL(url).origin
    ? undefined
    : `asks for ${asked.href}`;
}

function textOf({ text, exception }) {
  return exception?.description ?? text;
}
