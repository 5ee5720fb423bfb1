import { monotonic } from "@bge-js/core/adapter";
import { grouped } from "./format.js";

/** The part of a terminal needed for progress. */
export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A bar on a terminal. Anywhere else it draws nothing. */
export interface Progress {
  /** `total` may grow, or be unknown. */
  update(done: number, total?: number): void;
  /** Wipes the bar. */
  finish(): void;
}

export const NO_PROGRESS: Progress = { update() {}, finish() {} };

const WIDTH = 30;
const EVERY_MS = 100;

/** @param format shows an amount, such as `3,604 texts` */
export function createProgress(
  label: string,
  format: (done: number) => string = grouped,
  screen: Screen = process.stderr,
): Progress {
  if (screen.isTTY !== true) return NO_PROGRESS;
  let drawn = Number.NEGATIVE_INFINITY;
  let visible = false;
  return {
    update(done, total) {
      const now = monotonic();
      if (now - drawn < EVERY_MS) return;
      drawn = now;
      visible = true;
      const amount = total === undefined ? format(done) : `${bar(done / total)} ${format(done)} of ${format(total)}`;
      screen.write(`\r${label} ${amount}\x1b[K`);
    },
    finish() {
      if (visible) screen.write("\r\x1b[K");
      visible = false;
    },
  };
}

function bar(share: number): string {
  const filled = Math.max(0, Math.min(WIDTH, Math.round(share * WIDTH)));
  return `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}`;
}
