import { existsSync } from "node:fs";
import { parse } from "node:path";
import { fileURLToPath } from "node:url";
import { BgeError } from "../api/errors.js";

const NAMES = {
  worker: "worker",
  process: "process-entry",
  warmUp: "warm-up-entry",
  deviceTrial: "device-trial-entry",
};

export type Entry = keyof typeof NAMES;

/**
 * Returns the URL of a file that a thread or process starts from. Dependency tracers (Next.js, Vercel) recognise these
 * literal `new URL` expressions and include the files; webpack would copy each file without its imports, hence
 * `webpackIgnore`.
 */
export function entryUrl(entry: Entry): URL {
  switch (entry) {
    case "worker":
      return new URL(/* webpackIgnore: true */ "../worker/worker.js", import.meta.url);
    case "process":
      return new URL(/* webpackIgnore: true */ "../worker/process-entry.js", import.meta.url);
    case "warmUp":
      return new URL(/* webpackIgnore: true */ "../worker/warm-up-entry.js", import.meta.url);
    case "deviceTrial":
      return new URL(/* webpackIgnore: true */ "../worker/device-trial-entry.js", import.meta.url);
  }
}

export function entryFile(entry: Entry): string {
  return fileURLToPath(entryUrl(entry));
}

/**
 * Checks that the files that workers start from exist. They are missing if this module was bundled, or if the package
 * was deployed incompletely.
 * @throws BgeError `UNSUPPORTED_PLATFORM`
 */
export function checkEntries(): void {
  for (const [entry, name] of Object.entries(NAMES)) {
    const file = fileOf(entry as Entry);
    // A bundler that copies such a file adds a hash to its name.
    if (file === undefined || parse(file).name !== name) {
      throw bundled("@bge-js/core has been bundled into this program");
    }
    if (!existsSync(file)) throw bundled(`${file} of @bge-js/core is missing`);
  }
}

/** Returns `undefined` in a CommonJS bundle, which has no `import.meta.url`. */
function fileOf(entry: Entry): string | undefined {
  try {
    return entryFile(entry);
  } catch {
    return undefined;
  }
}

function bundled(problem: string): BgeError {
  return new BgeError(
    "UNSUPPORTED_PLATFORM",
    `${problem}. Its workers start from files that no bundler includes. Mark the package as external ` +
      "and deploy node_modules with the bundle. esbuild: --packages=external, or --external:@bge-js/*; webpack: externals; Next.js: " +
      "serverExternalPackages; Rollup, Rolldown and Vite: external. See docs/bundlers.md of bge-js for the setting of each. " +
      "If you use no bundler, the package is incomplete: reinstall it.",
  );
}
