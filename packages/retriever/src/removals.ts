/** The removals that are under way in a store. They wait in between, and must not take what is put meanwhile. */
export interface Removals {
  /** Begins one. Returns the ids of documents that are put from now on, until it ends. */
  begin(): ReadonlySet<string>;
  end(since: ReadonlySet<string>): void;
  /** Notes a document that is put, or given again as it is. */
  spare(id: string): void;
}

export function createRemovals(): Removals {
  const running = new Set<Set<string>>();
  return {
    begin() {
      const since = new Set<string>();
      running.add(since);
      return since;
    },
    end(since) {
      running.delete(since as Set<string>);
    },
    spare(id) {
      for (const since of running) since.add(id);
    },
  };
}
