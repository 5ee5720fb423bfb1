import { createHash, timingSafeEqual } from "node:crypto";

/** Returns whether a request's `Authorization` has the key, in a time that does not depend on how much of it is right. */
export function createAuthorization(key: string | undefined): (header: string | undefined) => boolean {
  if (key === undefined) return () => true;
  // Of one length, whatever was sent.
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const wanted = digest(key);
  // The name of the scheme is in any case, and more than one space may follow it.
  return (header = "") => /^bearer /i.test(header) && timingSafeEqual(digest(header.slice(7).trim()), wanted);
}
