import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface ExampleRun {
  readonly environment?: NodeJS.ProcessEnv;
  readonly args?: readonly string[];
  /** @default the one that runs the tests */
  readonly node?: string;
}

/** Runs a built example as its reader would, and gives what it prints. */
export async function outputOf(
  name: string,
  { environment = {}, args = [], node = process.execPath }: ExampleRun = {},
): Promise<string> {
  const path = fileURLToPath(new URL(`../../examples/dist/${name}.js`, import.meta.url));
  const { stdout } = await run(node, [path, ...args], { env: { ...process.env, ...environment } });
  return stdout;
}

/** What an example's README says that it prints. */
export function documentedOutput(name: string): string {
  const readme = readFileSync(new URL(`../../examples/${name}/README.md`, import.meta.url), "utf8");
  const [, output] = readme.match(/```text\n(.*?)```/s) ?? [];
  if (output === undefined) throw new Error(`examples/${name}/README.md has no output`);
  return output;
}
