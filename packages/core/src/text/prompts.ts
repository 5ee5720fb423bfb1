import { BgeError, invalid, shown } from "../api/errors.js";
import type { EmbeddingSpec } from "../api/model.js";
import type { EmbedderOptions, FewShotExample, InputType } from "../api/options.js";
import type { Encoding } from "../protocol.js";
import { repeatedInstruction } from "./repeated-instruction.js";

/** The options that select instructions. */
type PromptOptions = Pick<EmbedderOptions, "task" | "queryInstruction" | "examples">;

/** How a model's queries and documents are prefixed and encoded. */
export interface Prompts {
  /** The model facts, with the instructions in use. */
  readonly spec: EmbeddingSpec;
  /** Returns the texts with their instructions. */
  write(texts: readonly string[], inputType: InputType): readonly string[];
  encoding(inputType: InputType, maxTokens: number): Extract<Encoding, { form: "single" | "few-shot" }>;
}

/** Creates the prompts of a model. Throws `INVALID_OPTION` if the task is missing or unknown. */
export function createPrompts(model: EmbeddingSpec, options: PromptOptions): Prompts {
  const spec = withInstructions(model, options);
  const { queryInstruction, queryFormat = "{instruction}{text}", documentInstruction = "", fewShot } = spec;
  const prefix = fewShot === undefined ? "" : examplesBefore(fewShot.exampleFormat, queryInstruction, options.examples);
  const before = (inputType: InputType, instruction: string, format: string) => {
    if (instruction === "") return (texts: readonly string[]) => texts;
    const tell = repeatedInstruction(spec.id, inputType, fill(format.split("{text}")[0]!, { instruction }));
    return (texts: readonly string[]) => {
      tell(texts);
      return texts.map((text) => fill(format, { instruction, text }));
    };
  };
  const query = before("query", queryInstruction, queryFormat);
  const document = before("document", documentInstruction, "{instruction}{text}");
  return {
    spec,
    write: (texts, inputType) => (inputType === "query" ? query : document)(texts),
    encoding: (inputType, maxTokens) =>
      inputType === "query" && fewShot !== undefined
        ? { form: "few-shot", maxTokens, prefix, suffix: fewShot.suffix }
        : { form: "single", maxTokens },
  };
}

function withInstructions(model: EmbeddingSpec, options: PromptOptions): EmbeddingSpec {
  const { task, queryInstruction, examples } = options;
  const { tasks, fewShot } = model;
  if (examples !== undefined && fewShot === undefined) {
    throw invalid("examples", `does not apply: ${model.id} does not take few-shot examples`);
  }
  if (tasks === undefined) {
    if (task !== undefined) throw invalid("task", `does not apply: ${model.id} has no named tasks`);
    return { ...model, queryInstruction: instructionOf(queryInstruction, model.queryInstruction) };
  }
  const names = Object.keys(tasks);
  if (task !== undefined && queryInstruction !== undefined) {
    throw invalid("task", "and queryInstruction are mutually exclusive: both set the query's instruction");
  }
  if (queryInstruction !== undefined) return { ...model, queryInstruction: instructionOf(queryInstruction, "") };
  const chosen = task !== undefined && Object.hasOwn(tasks, task) ? tasks[task] : undefined;
  if (chosen === undefined) {
    const choice = `one of ${names.map((name) => JSON.stringify(name)).join(", ")}`;
    const problem = task === undefined ? "is missing" : `cannot be ${shown(task)}`;
    const advice = " Or pass your own queryInstruction (false for none).";
    const message = `task ${problem}: ${model.id} has an instruction per task. Choose ${choice}.${advice}`;
    throw new BgeError("INVALID_OPTION", message, { parameter: "task", advice });
  }
  return { ...model, queryInstruction: chosen.query, documentInstruction: chosen.document ?? "" };
}

function instructionOf(asked: string | false | undefined, usual: string): string {
  return asked === false ? "" : (asked ?? usual);
}

/** Formats examples as FlagICLModel does. An example without an instruction gets the model's. */
function examplesBefore(format: string, usual: string, examples: readonly FewShotExample[] = []): string {
  return examples
    .map(({ instruction = usual, query, response }) => `${fill(format, { instruction, query, response })}\n\n`)
    .join("");
}

/** Replaces each `{name}` with its value, literally and in a single pass. */
function fill(format: string, values: Readonly<Record<string, string>>): string {
  return format.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
