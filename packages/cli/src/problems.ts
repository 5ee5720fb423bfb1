import type { Context } from "./context.js";
import { counted, printable } from "./format.js";

/** Problems that do not stop a command. The first ones are told one by one, all are counted. */
export interface Problems {
  readonly count: number;
  add(problem: string): void;
  /** Tells how many there were beyond those told. */
  close(): void;
}

/** Enough to see what is wrong, and no flood if every line is. */
const TOLD = 20;

/** @param noun what a problem is about, for the last line: `line`, `file` */
export function createProblems({ note }: Pick<Context, "note">, noun: string, verb: string): Problems {
  let count = 0;
  return {
    get count() {
      return count;
    },
    add(problem) {
      count++;
      if (count <= TOLD) note(`bge: ${printable(problem)}`);
    },
    close() {
      if (count > TOLD) note(`bge: ... and ${counted(count - TOLD, `more ${noun}`)} ${verb}`);
    },
  };
}
