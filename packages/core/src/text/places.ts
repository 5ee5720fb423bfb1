/** A place near the middle behind white space, or between two characters where there is none; undefined within one character. */
export function cutNear(text: string, start: number, end: number): number | undefined {
  const middle = (start + end) >> 1;
  for (let away = 0; away < end - middle; away++) {
    for (const place of [middle - away, middle + away]) {
      if (place > start && place < end && isBlank(text, place - 1) && !isBlank(text, place)) return place;
    }
  }
  const place = isInside(text, middle) ? middle + 1 : middle;
  return place > start && place < end ? place : undefined;
}

function isBlank(text: string, place: number): boolean {
  return /\s/.test(text[place]!);
}

/** True between the halves of a surrogate pair. */
export function isInside(text: string, place: number): boolean {
  return place > 0 && (text.codePointAt(place - 1) ?? 0) > 0xffff;
}
