import { join, resolve } from "node:path";
import { callerFolder, parseCommandLine } from "../demo/command-line.js";
import { UsageError } from "../demo/errors.js";

export interface Arguments {
  readonly help: boolean;
  /** The folder of pictures, absolute. */
  readonly folder: string;
  /** What is looked for; `undefined` if a picture alone is. */
  readonly words: string | undefined;
  /** A picture to look for, or to start from, absolute. */
  readonly like: string | undefined;
  /** A model's id, or the absolute path of its folder. */
  readonly model: string;
  /** Where vectors and the contact sheet are kept, absolute. */
  readonly index: string;
  /** How many pictures are shown. */
  readonly top: number;
}

export const USAGE = `Usage: npm run demo:images -- FOLDER "words" [options]

Indexes the pictures in a folder, including subfolders (except hidden ones, node_modules and links),
and shows those that fit the words best: here, and on a page to open in a browser.

  --like FILE             look for pictures like this one; with words, for what it would be after that change
  --model NAME            the model's folder, or BAAI/BGE-VL-base (default) or BAAI/BGE-VL-large from the cache
  --top NUMBER            how many pictures to show (default 12)
  --index FOLDER          where vectors and the page are kept, so that only new pictures are read (default: FOLDER/.bge-js)
  -h, --help              show this help

The model, once (300 MB; Python): tools/export/export BAAI/BGE-VL-base ./bge-vl-base
Then: npm run demo:images -- ~/Pictures "a dog in the snow" --model ./bge-vl-base
`;

const DEFAULT_MODEL = "BAAI/BGE-VL-base";
const DEFAULT_TOP = 12;

export function readArguments(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Arguments {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  const [folder = "", ...words] = positionals;
  const help = values.help ?? false;
  if (!help && folder === "") throw new UsageError("a folder of pictures is needed");
  const text = words.join(" ").trim();
  if (!help && text === "" && values.like === undefined)
    throw new UsageError("words to look for are needed, or --like FILE");
  const top = Number(values.top ?? DEFAULT_TOP);
  if (!(Number.isInteger(top) && top > 0))
    throw new UsageError(`--top is a number above 0, not ${JSON.stringify(values.top)}`);
  const base = callerFolder("demo:images", environment);
  const model = values.model ?? DEFAULT_MODEL;
  return {
    help,
    folder: resolve(base, folder),
    words: text === "" ? undefined : text,
    like: values.like === undefined ? undefined : resolve(base, values.like),
    model: /^[./~]/.test(model) ? resolve(base, model) : model,
    index: values.index === undefined ? join(resolve(base, folder), ".bge-js") : resolve(base, values.index),
    top,
  };
}

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  like: { type: "string" },
  model: { type: "string" },
  top: { type: "string" },
  index: { type: "string" },
} as const;
