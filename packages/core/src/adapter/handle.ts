import { abortable } from "../abort.js";
import { BgeError } from "../api/errors.js";
import { lazy } from "./lazy.js";

/** What an adapter holds: loaded once, by the first `get`, for all callers. A failed load is retried by the next `get`. */
export interface ModelHandle<Loaded> {
  /** Rejects like the loader, with `DISPOSED` after `dispose`, and with the signal's reason, where others go on waiting. */
  get(signal?: AbortSignal): Promise<Loaded>;
  /** Frees what `get` loaded, after any load in progress. Shared models are left alone. Safe to call more than once. */
  dispose(): Promise<void>;
}

/** Returns a handle to something already loaded, which is never disposed: `parameter` of the adapter `owner`, recognised by `method`. */
export function shared<Loaded extends object>(
  owner: string,
  parameter: "model" | "retriever",
  loaded: Loaded,
  method: string,
  options: object,
): ModelHandle<Loaded> {
  if (typeof loaded !== "object" || loaded === null || !(method in loaded)) {
    throw new BgeError("INVALID_OPTION", `The loaded ${parameter} passed to ${owner} has no ${method}().`, {
      parameter,
    });
  }
  const option = Object.keys(options)[0];
  if (option !== undefined) {
    const message = `${option} cannot change a ${parameter} that is already loaded. Pass it to the loader, not to ${owner}.`;
    throw new BgeError("INVALID_OPTION", message, { parameter: option });
  }
  let disposed = false;
  return {
    async get() {
      if (disposed) throw gone(owner);
      return loaded;
    },
    async dispose() {
      disposed = true;
    },
  };
}

/** Returns a handle to something loaded when needed and disposed with its adapter. */
export function owned<Loaded extends { dispose(): Promise<void> }>(
  owner: string,
  load: () => Promise<Loaded>,
): ModelHandle<Loaded> {
  let latest: Promise<Loaded> | undefined;
  let disposal: Promise<void> | undefined;
  const loadOnce = lazy(() => {
    latest = load();
    return latest;
  });
  return {
    async get(signal) {
      if (disposal !== undefined) throw gone(owner);
      const loaded = await abortable(signal)(loadOnce());
      if (disposal !== undefined) throw gone(owner);
      return loaded;
    },
    dispose() {
      // A failed load has nothing to free, and its callers already got the error.
      disposal ??= Promise.resolve(latest).then(
        (loaded) => loaded?.dispose(),
        () => undefined,
      );
      return disposal;
    },
  };
}

function gone(owner: string): BgeError {
  return new BgeError("DISPOSED", `This ${owner} was disposed. Create a new one.`);
}
