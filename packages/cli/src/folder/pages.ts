/** Formats `2, 5, 6, 7` as `pages 2 and 5 to 7`. */
export function pageList(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length; i++) {
    const first = numbers[i]!;
    while (numbers[i + 1] === numbers[i]! + 1) i++;
    parts.push(numbers[i] === first ? `${first}` : `${first} to ${numbers[i]}`);
  }
  const list = parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts.join("");
  return `${numbers.length === 1 ? "page" : "pages"} ${list}`;
}

/** Returns the page on which a line stands, both from 1. `pages` has the line on which each begins, and the one behind the last. */
export function pageAt(line: number, pages: readonly number[]): number {
  // A page without text begins where the next one does.
  return pages.findLastIndex((begins) => begins <= line) + 1;
}
