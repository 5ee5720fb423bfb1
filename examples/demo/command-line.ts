import { type ParseArgsConfig, parseArgs } from "node:util";
import { messageOf, UsageError } from "./errors.js";

/** Reads options and words from a command line. @throws UsageError */
export function parseCommandLine<const Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<{ args: string[]; allowPositionals: true; options: Options }>> {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

/** npm runs scripts in the folder of package.json, but the user's paths are relative to where npm was called. */
export function callerFolder(script: string, environment: NodeJS.ProcessEnv): string {
  return environment["npm_lifecycle_event"] === script ? (environment["INIT_CWD"] ?? ".") : ".";
}
