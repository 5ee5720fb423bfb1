import { homedir } from "node:os";
import { join } from "node:path";

/** The Hugging Face cache folder, by the same variables and in the same order as Python's huggingface_hub. */
export function hubCacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const explicit = env["HF_HUB_CACHE"] || env["HUGGINGFACE_HUB_CACHE"];
  if (explicit) return expandHome(explicit);
  if (env["HF_HOME"]) return join(expandHome(env["HF_HOME"]), "hub");
  const cache = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(expandHome(cache), "huggingface", "hub");
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}
