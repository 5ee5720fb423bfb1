import { styleText } from "node:util";
import type { Answer, Hit } from "./framework.js";

/** Formats `3604` as `3,604`. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Returns a text without characters that move the cursor, end the line or turn the direction: a file's name may hold any. */
export function printable(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

type Style = Parameters<typeof styleText>[0];

/** The terminal for the results. */
export interface Screen {
  readonly isTTY?: boolean;
  hasColors?(): boolean;
  write(text: string): unknown;
}

export interface Report {
  line(text: string): void;
  answer(question: string, answer: Answer): void;
  /** Prints the time that a stage took. */
  stage(name: string, ms: number, note: string): void;
}

/** Creates a report that prints results, in colour if the terminal supports it and NO_COLOR is not set. */
export function createReport(screen: Screen): Report {
  const colours = screen.isTTY === true && screen.hasColors?.() === true;
  const paint = (style: Style, text: string): string =>
    colours ? styleText(style, text, { validateStream: false }) : text;
  const line = (text: string): void => {
    screen.write(`${text}\n`);
  };
  const hit = ({ title, source, text, score, rankBefore }: Hit, place: number): void => {
    const moved = rankBefore === place ? `was ${rankBefore} before` : paint("yellow", `was ${rankBefore} before`);
    line(`  ${place}. ${paint("bold", title)}`);
    line(`     ${paint("cyan", source)}  score ${score.toFixed(3)}, ${moved}`);
    line(`     ${paint("dim", excerpt(text, title))}`);
  };
  return {
    line,
    answer(question, { hits, retrieveMs, rerankMs }) {
      const took = `${grouped(retrieveMs + rerankMs)} ms: ${grouped(retrieveMs)} to retrieve, ${grouped(rerankMs)} to rerank`;
      line(`\n${paint("green", `? ${question}`)}  ${paint("dim", took)}`);
      hits.forEach((found, index) => {
        hit(found, index + 1);
      });
    },
    stage(name, ms, note) {
      line(`${name.padEnd(8)}${grouped(ms).padStart(8)} ms  ${paint("dim", note)}`);
    },
  };
}

/** Returns the start of the text in one line, without the title, which is printed above it. */
function excerpt(text: string, title: string): string {
  const line = (text.startsWith(`${title}\n`) ? text.slice(title.length) : text).replace(/\s+/g, " ").trim();
  const characters = Array.from(line);
  return characters.length <= 110 ? line : `${characters.slice(0, 109).join("")}…`;
}
