import {
  type BgeError,
  type EmbedderOptions,
  type EmbeddingOutput,
  loadEmbedder,
  type TruncationReport,
} from "@bge-js/core";
import type { Context } from "../context.js";
import { EXIT } from "../exit.js";
import { counted } from "../format.js";
import { shortened, toJson } from "../lines/numbers.js";
import { readLines } from "../lines/read-lines.js";
import { type LineFormat, type TextRecord, toRecord, withMore } from "../lines/records.js";
import { type ModelFlags, toLoadOptions } from "../model-flags.js";
import { createProblems } from "../problems.js";
import { createProgress, NO_PROGRESS } from "../progress.js";
import { problemOf } from "../told.js";

export interface EmbedFlags extends ModelFlags, LineFormat {
  readonly query?: boolean;
  readonly outputs?: readonly EmbeddingOutput[];
  readonly dimensions?: number;
  readonly task?: string;
  /** Write the vector alone. */
  readonly vectors?: boolean;
}

/** Embeds the lines of the files, and writes one line for each, in order. Returns the exit code. */
export async function embed(files: readonly string[], flags: EmbedFlags, context: Context): Promise<number> {
  const { signal, print } = context;
  const failed = createProblems(context, "line", "failed");
  const cut = createProblems(context, "line", "cut");
  // Bars between lines of results would be a mess.
  const progress = process.stdout.isTTY ? NO_PROGRESS : createProgress("embed", (count) => counted(count, "text"));
  const waiting: TextRecord[] = [];
  const added = flags.vectors ? [] : (flags.outputs ?? ["embedding"]);
  let done = 0;
  const onTruncate = ({ index, tokens, kept }: TruncationReport) => {
    cut.add(`${waiting[index - done]!.at} has ${tokens} tokens, of which ${kept} were read`);
  };
  const { dimensions, task, outputs } = flags;
  const options: EmbedderOptions = {
    ...toLoadOptions(flags, context),
    onTruncate,
    ...(outputs && { outputs }),
    ...(dimensions !== undefined && { dimensions }),
    ...(task !== undefined && { task }),
  };
  await using embedder = await loadEmbedder(flags.model, options);

  async function* texts() {
    for await (const line of readLines(files)) {
      const record = toRecord(line, flags, added);
      if ("problem" in record) failed.add(record.problem);
      else {
        waiting.push(record);
        yield record.text;
      }
    }
  }
  let reason: BgeError | undefined;
  const embedded = embedder.embedStream(texts(), {
    signal,
    inputType: flags.query ? "query" : "document",
    onError: "skip",
    retryLost: true,
    onSkip: (error) => {
      reason = error;
    },
    outputs: outputs ?? ["dense"],
  });
  for await (const result of embedded) {
    const record = waiting.shift()!;
    const { at } = record;
    progress.update(++done);
    if (result === undefined) failed.add(`${at}: ${problemOf(reason!).replace(/ \(input index \d+\)$/, "")}`);
    else {
      const vector = outputs ? toJson(result) : shortened(result.dense!);
      const more = Array.isArray(vector) ? { embedding: vector } : vector;
      await print(`${flags.vectors ? JSON.stringify(vector) : withMore(record, more)}\n`);
    }
  }
  progress.finish();
  cut.close();
  failed.close();
  return failed.count > 0 ? EXIT.partly : EXIT.ok;
}
