import { readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { BgeError } from "../api/errors.js";

type Environment = NodeJS.ProcessEnv;

/**
 * The Hugging Face cache folder, by the same variables and in the same order as Python's huggingface_hub.
 * @throws BgeError `INVALID_OPTION` where none is set and the user has no home
 */
export function hubCacheDirectory(env: Environment = process.env): string {
  const explicit = env["HF_HUB_CACHE"] || env["HUGGINGFACE_HUB_CACHE"];
  return explicit ? expandHome(explicit) : join(hubHome(env), "hub");
}

/** Where the hub is: `HF_ENDPOINT`, or the hub itself. */
export function hubEndpoint(env: Environment = process.env): string {
  return env["HF_ENDPOINT"] || "https://huggingface.co";
}

/** The variable that forbids the network, if one does. */
export function offlineVariable(env: Environment = process.env): string | undefined {
  return ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].find((name) => isOn(env[name]));
}

/** The token that is sent to the hub: `HF_TOKEN`, or the file that `hf auth login` writes. */
export function hubToken(env: Environment = process.env): string | undefined {
  if (isOn(env["HF_HUB_DISABLE_IMPLICIT_TOKEN"])) return undefined;
  const given = env["HF_TOKEN"] || env["HUGGING_FACE_HUB_TOKEN"];
  return given ? given.trim() || undefined : readToken(() => env["HF_TOKEN_PATH"] || join(hubHome(env), "token"));
}

/** The proxy for this address, by `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in small letters first, as curl. */
export function proxyFor(url: URL, env: Environment = process.env): string | undefined {
  const named = (name: string) => env[name.toLowerCase()] || env[name];
  const proxy = named(url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY") || named("ALL_PROXY");
  if (!proxy || isExempt(url, named("NO_PROXY") ?? "")) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/** `NO_PROXY` lists hosts; each stands for its subdomains too, may have a port, and `*` is all. */
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

/** The user's home; with an empty `HOME`, which would be the working folder, the one that the system knows. */
function home(): string {
  try {
    const folder = homedir() || userInfo().homedir;
    if (folder !== "") return folder;
  } catch {
    // No variable, and no entry for the user: a container that runs under a number.
  }
  throw new BgeError(
    "INVALID_OPTION",
    "This process has no home folder for the Hugging Face cache to be in. " +
      "Let HF_HOME (or HF_HUB_CACHE, XDG_CACHE_HOME, HOME) name a folder.",
    { parameter: "HF_HOME" },
  );
}
