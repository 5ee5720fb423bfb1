const segmenters = new Map<string, Intl.Segmenter>();

/**
 * Returns what divides texts into words or sentences. Made when it is first needed: ICU's rules take 9 ms to load, and most programs
 * divide nothing. Not in the language of the process: in Greek, a semicolon ends a sentence, and parts would differ between machines.
 */
export function segmenter(granularity: "word" | "sentence"): Intl.Segmenter {
  const known = segmenters.get(granularity);
  if (known !== undefined) return known;
  const made = new Intl.Segmenter("en", { granularity });
  segmenters.set(granularity, made);
  return made;
}
