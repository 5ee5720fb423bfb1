import { closeSync, openSync, readSync } from "node:fs";

/** How the text begins that git has in place of a file of Git LFS. */
const POINTER = Buffer.from("version https://git-lfs.github.com/");

export const NOT_PULLED =
  'it is a pointer of Git LFS, not the file itself: run "git lfs pull" where it was cloned, or download it';

/** True if a file begins as a pointer of Git LFS does. */
export function isLfsPointer(file: string): boolean {
  try {
    const descriptor = openSync(file, "r");
    try {
      const start = Buffer.alloc(POINTER.length);
      readSync(descriptor, start, 0, start.length, 0);
      return beginsAsPointer(start);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // What cannot be read is told of elsewhere.
    return false;
  }
}

export function beginsAsPointer(bytes: Uint8Array): boolean {
  return POINTER.equals(bytes.subarray(0, POINTER.length));
}
