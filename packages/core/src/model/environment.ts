import { readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { BgeError } from "../api/errors.js";

type Environment = NodeJS.ProcessEnv;

/**
 * Returns the Hugging Face cache folder, from the same variables and in the same order as Python's huggingface_hub.
 *
 * @throws BgeError `INVALID_OPTION` if none is set and the user has no home folder
 */
export function hubCacheDirectory(env: Environment = process.env): string {
  const explicit = env["HF_HUB_CACHE"] || env["HUGGINGFACE_HUB_CACHE"];
  return explicit ? expandHome(explicit) : join(hubHome(env), "hub");
}

/** Returns the hub's address: `HF_ENDPOINT`, or https://huggingface.co. */
export function hubEndpoint(env: Environment = process.env): string {
  return env["HF_ENDPOINT"] || "https://huggingface.co";
}

/** Returns the name of the variable that forbids network access, if any. */
export function offlineVariable(env: Environment = process.env): string | undefined {
  return ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].find((name) => isOn(env[name]));
}

/** Returns the token to send to the hub, from `HF_TOKEN` or the file written by `hf auth login`. */
export function hubToken(env: Environment = process.env): string | undefined {
  if (isOn(env["HF_HUB_DISABLE_IMPLICIT_TOKEN"])) return undefined;
  const given = env["HF_TOKEN"] || env["HUGGING_FACE_HUB_TOKEN"];
  return given ? given.trim() || undefined : readToken(() => env["HF_TOKEN_PATH"] || join(hubHome(env), "token"));
}

/** Returns the proxy for an address, from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`. Like in curl, lower-case names win. */
export function proxyFor(url: URL, env: Environment = process.env): string | undefined {
  const named = (name: string) => env[name.toLowerCase()] || env[name];
  const proxy = named(url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY") || named("ALL_PROXY");
  if (!proxy || isExempt(url, named("NO_PROXY") ?? "")) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/** True if `NO_PROXY` lists the host. Entries include subdomains and may have a port; `*` matches all. */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      const [, name = entry, only] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(entry) ?? [];
      const domain = (entry.split(":").length > 2 && !entry.startsWith("[") ? entry : name).replace(/^\*?\./, "");
      if (entry.split(":").length <= 2 && only !== undefined && only !== port) return false;
      return host === domain || host.endsWith(`.${domain}`);
    });
}

function hubHome(env: Environment): string {
  if (env["HF_HOME"]) return expandHome(env["HF_HOME"]);
  return join(expandHome(env["XDG_CACHE_HOME"] || join(home(), ".cache")), "huggingface");
}

function readToken(file: () => string): string | undefined {
  try {
    return readFileSync(expandHome(file()), "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(1|on|yes|true)$/i.test(value);
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(home(), path.slice(1)) : path;
}

/** Returns the user's home folder. If `HOME` is empty, which would mean the working folder, asks the system. */
function home(): string {
  try {
    const folder = homedir() || userInfo().homedir;
    if (folder !== "") return folder;
  } catch {
    // No HOME and no passwd entry, as in a container with a numeric user.
  }
  throw new BgeError(
    "INVALID_OPTION",
    "This process has no home folder for the Hugging Face cache. " +
      "Set HF_HOME (or HF_HUB_CACHE, XDG_CACHE_HOME, HOME) to a folder.",
    { parameter: "HF_HOME" },
  );
}
