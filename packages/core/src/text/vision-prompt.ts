import { BgeError } from "../api/errors.js";
import type { VisionFacts } from "../api/model.js";
import type { InputType } from "../api/options.js";
import { checkText } from "./input.js";

/** The parts of an input that its prompt holds. */
export interface PromptParts {
  readonly text?: string;
  readonly image?: unknown;
  readonly instruction?: string;
}

/** A prompt, in three parts of which only the text may be cut. */
export interface WrittenPrompt {
  readonly before: string;
  readonly text: string;
  readonly after: string;
}

/** Writes an input's prompt. Placeholders in a user's words are words. */
export function writePrompt(facts: VisionFacts, parts: PromptParts, inputType: InputType): WrittenPrompt {
  const { text = "", image, instruction } = parts;
  const [frame, content] = [frameOf(facts, inputType, instruction), contentOf(facts, parts)];
  const [start, end] = halves(frame, "{content}");
  const [head, tail] = image !== undefined && parts.text === undefined ? [content, ""] : halves(content, "{text}");
  const instructed = (part: string) => part.replace("{instruction}", () => instruction ?? "");
  return { before: instructed(start) + head, text, after: tail + instructed(end) };
}

/** Rejects words that would be read as a picture, and an instruction where there is no place for one. @throws BgeError `INVALID_INPUT` */
export function checkParts(facts: VisionFacts, parts: PromptParts, inputType: InputType): void {
  const { instruction } = parts;
  if (instruction !== undefined) {
    checkText(instruction, "instruction");
    if (instruction === "") throw invalidInput("it is empty; leave it out", "instruction");
    if (inputType === "document" && facts.document === undefined) {
      throw invalidInput('documents have no instruction in this model; pass inputType: "query"', "instruction");
    }
  }
  for (const name of ["text", "instruction"] as const) {
    if (parts[name]?.includes(facts.imageToken)) {
      throw invalidInput(`it holds ${facts.imageToken}, which stands for a picture`, name);
    }
  }
}

function frameOf(facts: VisionFacts, inputType: InputType, instruction: string | undefined): string {
  const { query, bareQuery, document, bareDocument } = facts;
  if (inputType === "query") return instruction === undefined ? bareQuery : query;
  return instruction === undefined || document === undefined ? bareDocument : document;
}

function contentOf(facts: VisionFacts, { text, image }: PromptParts): string {
  if (image === undefined) return facts.text;
  return text === undefined ? facts.image : facts.both;
}

function halves(format: string, at: string): [string, string] {
  const [start = "", ...rest] = format.split(at);
  return [start, rest.join(at)];
}

function invalidInput(problem: string, parameter: string): BgeError {
  return new BgeError("INVALID_INPUT", `${parameter} cannot be used: ${problem}.`, { parameter });
}
