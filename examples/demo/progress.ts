import { grouped } from "./report.js";

/** The part of a terminal needed for progress. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** Reports how many texts (or whatever `unit` says) are in the index, and how many of them the model embedded in this run. */
  update(done: number, embedded: number): void;
  finish(): void;
}

const WIDTH = 30;

/** Creates a progress bar on a terminal, or prints a line at every tenth otherwise. */
export function createProgress(total: number, output: Output, unit = "texts"): Progress {
  const start = performance.now();
  let lastDrawn = Number.NEGATIVE_INFINITY;
  let lastTenth = 0;
  const rate = (embedded: number): string => {
    const seconds = (performance.now() - start) / 1000;
    return embedded === 0 ? "" : `, ${grouped(embedded / Math.max(seconds, 0.001))} ${unit}/s`;
  };
  const drawBar = (done: number, embedded: number): void => {
    const now = performance.now();
    if (now - lastDrawn < 100 && done < total) return;
    lastDrawn = now;
    const filled = Math.round((done / total) * WIDTH);
    const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
    output.write(`\r  ${bar} ${grouped(done)} of ${grouped(total)} ${unit}${rate(embedded)}\x1b[K`);
  };
  const printTenth = (done: number, embedded: number): void => {
    const tenth = Math.floor((done / total) * 10);
    if (tenth <= lastTenth) return;
    lastTenth = tenth;
    output.write(`  ${grouped(done)} of ${grouped(total)} ${unit}${rate(embedded)}\n`);
  };
  return {
    update: output.isTTY ? drawBar : printTenth,
    finish: () => {
      if (output.isTTY) output.write("\r\x1b[K");
    },
  };
}
