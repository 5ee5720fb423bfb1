import { relative, resolve, sep } from "node:path";
import { loadEmbedder } from "@bge-js/core";
import type { Context } from "../context.js";
import { EXIT, UsageError } from "../exit.js";
import type { FolderIndex, Hit, IndexFlags, UpdateReport } from "../folder/folder-index.js";
import { findRoots } from "../folder/roots.js";
import { counted } from "../format.js";
import { embedderOptions } from "../model-flags.js";
import { createProblems } from "../problems.js";

export interface SearchCommandFlags extends IndexFlags {
  readonly top: number;
  readonly json?: boolean;
}

/** Brings a folder's index up to date, and writes the best passages for the question. Returns the exit code. */
export async function search(
  folder: string,
  question: string,
  flags: SearchCommandFlags,
  context: Context,
): Promise<number> {
  if (question.trim() === "") throw new UsageError("the question is empty");
  const { signal, print } = context;
  const roots = await findRoots([folder]);
  // The model is the longest part of a start: it loads in its worker while the rest is loaded here.
  const loading = loadEmbedder(flags.model, embedderOptions(flags, context));
  loading.catch(() => {});
  const [{ openFolderIndex }, { questionWords }, { toText }] = await Promise.all([
    import("../folder/folder-index.js"),
    import("../folder/highlight.js"),
    import("./search-output.js"),
  ]);
  await using index = await openFolderIndex(roots, flags, loading, context);
  const unread = tell(await index.update(), context);
  const hits = await index.search(question, { top: flags.top, signal });
  const words = questionWords(question);
  for (const hit of hits) {
    const shown = { ...hit, path: fromHere(index, hit) };
    await print(flags.json ? `${JSON.stringify(shown)}\n` : toText(shown, words, process.stdout));
  }
  return unread > 0 || hits.length === 0 ? EXIT.partly : EXIT.ok;
}

/** Returns a hit's path as it can be opened from the working folder. */
function fromHere({ roots }: FolderIndex, { path }: Hit): string {
  const absolute = resolve(roots[0]!.directory, path);
  const short = relative(process.cwd(), absolute);
  return short.startsWith(`..${sep}..${sep}..`) ? absolute : short;
}

/** Says what changed, and what was left aside. Returns how many files could not be read. */
export function tell({ files, passages, added, removed, aside }: UpdateReport, context: Pick<Context, "note">): number {
  const { otherTypes, links, large, unreadable, partly } = aside;
  if (added > 0 || removed > 0) {
    const left = [
      ...(otherTypes > 0 ? [counted(otherTypes, "other file")] : []),
      ...(links > 0 ? [counted(links, "link")] : []),
    ];
    const aside = left.length === 0 ? "" : `; passed over ${left.join(" and ")}`;
    context.note(
      `bge: indexed ${counted(files, "file")} in ${counted(passages, "passage")} (${added} new, ${removed} gone)${aside}`,
    );
  }
  if (files === 0) context.note("bge: there is no text in this folder");
  const problems = createProblems(context, "file", "could not be read");
  for (const problem of [...large, ...unreadable, ...partly]) problems.add(problem);
  problems.close();
  return unreadable.length;
}
