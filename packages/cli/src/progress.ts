import { monotonic } from "@bge-js/core/adapter";
import { grouped } from "./format.js";

/** The part of a terminal needed for progress. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
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

const [WIDTH, LEAST_WIDTH] = [30, 5];
const USUAL_COLUMNS = 80;
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
      screen.write(`\r${drawing(label, format, screen.columns || USUAL_COLUMNS, done, total)}\x1b[K`);
    },
    finish() {
      if (visible) screen.write("\r\x1b[K");
      visible = false;
    },
  };
}

/** One line, since a longer one would not be wiped: on a narrow terminal the bar is shorter, or not there. */
function drawing(
  label: string,
  format: (done: number) => string,
  columns: number,
  done: number,
  total: number | undefined,
): string {
  const amount = total === undefined ? format(done) : `${format(done)} of ${format(total)}`;
  const room = Math.min(WIDTH, columns - label.length - amount.length - 3);
  const shown = total !== undefined && room >= LEAST_WIDTH ? [label, bar(done / total, room), amount] : [label, amount];
  return shown.join(" ").slice(0, columns - 1);
}

function bar(share: number, width: number): string {
  const filled = Math.max(0, Math.min(width, Math.round(share * width)));
  return `${"█".repeat(filled)}${"░".repeat(width - filled)}`;
}
