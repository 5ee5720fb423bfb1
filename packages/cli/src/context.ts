import { once } from "node:events";

/** What a command runs in: where results go, where notes go, and when to stop. */
export interface Context {
  /** Aborts on SIGINT, SIGTERM and SIGHUP, and when the reader of the output is gone. The reason is a `Stopped`. */
  readonly signal: AbortSignal;
  /** Writes results to standard output, no faster than they are read. */
  print(text: string): Promise<void>;
  /** Writes a line for the user to standard error. */
  note(text: string): void;
}

/** Why a command was stopped: the name of a signal, or the reader of the output is gone. */
export class Stopped extends Error {
  readonly by: "SIGINT" | "SIGTERM" | "SIGHUP" | "EPIPE";

  constructor(by: Stopped["by"]) {
    super(by === "EPIPE" ? "the reader of the output is gone" : `stopped by ${by}`);
    this.by = by;
  }
}

/** Exit codes of a stopped command. Signals as in shells; a reader that has enough (`| head`) is no failure. */
export const STOP_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, EPIPE: 0 } as const;

/** Creates the context of this process: the first signal stops the work cleanly, a second one ends the process. */
export function createContext(): Context {
  const stop = new AbortController();
  const { signal } = stop;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (signal.aborted) process.exit(STOP_CODES[name]);
      stop.abort(new Stopped(name));
    });
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    stop.abort(error.code === "EPIPE" ? new Stopped("EPIPE") : error);
  });
  // Nobody is left to be told.
  process.stderr.on("error", () => {});
  return {
    signal,
    async print(text) {
      signal.throwIfAborted();
      if (process.stdout.write(text)) return;
      await once(process.stdout, "drain", { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error;
      });
    },
    note(text) {
      process.stderr.write(`${text}\n`);
    },
  };
}
