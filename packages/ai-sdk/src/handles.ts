import type { ModelHandle } from "@bge-js/core/adapter";

/** The models a provider has loaded or may load, so that asking for the same model again does not load it again. */
export interface Handles {
  /** Returns the handle made earlier for equal fields, or a new one. Fields are compared one by one, by identity. */
  of<Loaded>(kind: string, fields: object, make: () => ModelHandle<Loaded>): ModelHandle<Loaded>;
  /** Disposes all of them, and those made later. */
  dispose(): Promise<void>;
}

export function createHandles(): Handles {
  const made: { readonly kind: string; readonly fields: object; readonly handle: ModelHandle<unknown> }[] = [];
  let disposed = false;
  return {
    of<Loaded>(kind: string, fields: object, make: () => ModelHandle<Loaded>) {
      const known = made.find((one) => one.kind === kind && isSame(one.fields, fields));
      if (known !== undefined) return known.handle as ModelHandle<Loaded>;
      const handle = make();
      made.push({ kind, fields, handle });
      if (disposed) void handle.dispose();
      return handle;
    },
    async dispose() {
      disposed = true;
      await Promise.all(made.map(({ handle }) => handle.dispose()));
    },
  };
}

function isSame(one: object, other: object): boolean {
  const [entries, others] = [Object.entries(one), new Map<string, unknown>(Object.entries(other))];
  return (
    entries.length === others.size && entries.every(([key, value]) => others.has(key) && others.get(key) === value)
  );
}
