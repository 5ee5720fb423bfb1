import { BgeError } from "../api/errors.js";
import { lazy } from "./lazy.js";

/** What an adapter holds: loaded by the first `get`, once for all callers; a failed load is tried again by the next. */
export interface ModelHandle<Loaded> {
  /** Rejects with `DISPOSED` after `dispose`, and as the loader does. */
  get(): Promise<Loaded>;
  /** Frees what `get` loaded, and waits for a load under way; what is shared stays as it is. May be called again. */
  dispose(): Promise<void>;
}

/** Something that is loaded already and stays its owner's: `parameter` of the adapter `owner`, known by one of its methods. */
export function shared<Loaded extends object>(
  owner: string,
  parameter: "model" | "retriever",
  loaded: Loaded,
  method: string,
  options: object,
): ModelHandle<Loaded> {
  if (typeof loaded !== "object" || loaded === null || !(method in loaded)) {
    throw new BgeError("INVALID_OPTION", `The loaded ${parameter} given to ${owner} has no ${method}().`, {
      parameter,
    });
  }
  const option = Object.keys(options)[0];
  if (option !== undefined) {
    const message = `${option} cannot change a ${parameter} that is loaded already: give it to the loader, not to ${owner}.`;
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

/** Something that is loaded when it is needed, and freed with its adapter. */
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
    async get() {
      if (disposal !== undefined) throw gone(owner);
      const loaded = await loadOnce();
      if (disposal !== undefined) throw gone(owner);
      return loaded;
    },
    dispose() {
      // A load that failed has nothing to free, and its callers were told.
      disposal ??= Promise.resolve(latest).then(
        (loaded) => loaded?.dispose(),
        () => undefined,
      );
      return disposal;
    },
  };
}

function gone(owner: string): BgeError {
  return new BgeError("DISPOSED", `This ${owner} was disposed: make a new one.`);
}
