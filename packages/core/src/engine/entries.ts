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
 * A file that threads or processes start from: it lies beside this module. Tracers of dependencies (Next.js, Vercel) read these
 * addresses as they stand here and take the files along; webpack would copy each without what it imports.
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
 * Refuses to go on where the files that workers start from are missing: this module has become part of a bundle, or not the
 * whole package was deployed.
 * @throws BgeError `UNSUPPORTED_PLATFORM`
 */
export function checkEntries(): void {
  for (const [entry, name] of Object.entries(NAMES)) {
    const file = fileOf(entry as Entry);
    // A bundler that copies such a file gives it a name with a hash.
    if (file === undefined || parse(file).name !== name) {
      throw bundled("This program is a bundle with @bge-js/core inside it");
    }
    if (!existsSync(file)) throw bundled(`${file} of @bge-js/core is not there`);
  }
}

/** `undefined` where a bundle of CommonJS has no address for its modules. */
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
    `${problem}. Its workers start from files of its own, which no bundler puts into a bundle: leave the package out of the bundle ` +
      "and deploy node_modules with it. esbuild: --packages=external, or --external:@bge-js/*; webpack: externals; Next.js: " +
      "serverExternalPackages; Rollup, Rolldown and Vite: external. docs/bundlers.md of bge-js has the line for each. " +
      "If there is no bundle, the package is incomplete: install it again.",
  );
}
