import type { BgeError } from "@bge-js/core";
import type { Command } from "commander";

/** Options of loaders and calls that a command has under another name. */
const FLAGS: Readonly<Record<string, string>> = { apiKey: "keyEnv", embedder: "model", topN: "top" };

/** Says what an error of core is in words for a user of the command: its flags, and what to type. */
export function told(error: BgeError, command: Command): string {
  const advice = adviceOn(error, command);
  return withFlag(error, command) + (advice ?? error.advice ?? "");
}

/** Returns what went wrong alone, without advice on functions and options that a command does not have. */
export function problemOf({ message, advice }: BgeError): string {
  return advice === undefined ? message : message.replace(advice, "");
}

/** Core begins the message on an option with the option's name. */
function withFlag(error: BgeError, { options }: Command): string {
  const hasDtype = options.some(({ long }) => long === "--dtype");
  const problem = problemOf(error).replace(
    /: choose by \{ dtype: "(\w+)" \}/,
    hasDtype ? ": choose by --dtype $1" : "",
  );
  const { parameter = "" } = error;
  const flag = options.find((option) => option.attributeName() === (FLAGS[parameter] ?? parameter))?.long;
  return flag && problem.startsWith(`${parameter} `) ? flag + problem.slice(parameter.length) : problem;
}

/** Only in the place of core's own advice: an error without any has said all there is. */
function adviceOn({ code, message, advice }: BgeError, command: Command): string | undefined {
  if (advice === undefined) return undefined;
  const { model, reranker, dtype, offline } = command.opts<Readonly<Record<string, unknown>>>();
  const given = [model, reranker].find((one) => typeof one === "string" && message.includes(one));
  const name = given ?? /\bModel (\S+) was not found/.exec(message)?.[1] ?? "MODEL";
  switch (code) {
    case "MODEL_NOT_FOUND": {
      // Our own models are in packages alone.
      if (!advice.includes("pullModel")) return message.includes("choose by") ? "" : undefined;
      const pull = `bge pull ${name}${dtype === undefined ? "" : ` --dtype ${dtype}`}`;
      return `${offline ? " It was not downloaded, because of --offline." : ""} To get it: ${pull}`;
    }
    // Of options, the rest says what is allowed; a download is tried again by the same command.
    case "INVALID_OPTION":
    case "DOWNLOAD_FAILED":
      return "";
    case "MODEL_MISMATCH":
      return " What each model is for: bge models";
    case "INPUT_TOO_LONG":
      return " Split it, raise --max-tokens, or leave out --truncation.";
    case "UNSUPPORTED_PLATFORM": {
      const other = command.options.some(({ long }) => long === "--dtype")
        ? "Use another --dtype, or download"
        : "Download";
      return ` ${other} damaged files again: bge pull ${name} --verify`;
    }
    default:
      return undefined;
  }
}
