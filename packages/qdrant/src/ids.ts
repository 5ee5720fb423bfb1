import { createHash } from "node:crypto";

/** Namespace of all points: the UUIDv5 of "bge-js/qdrant" among URLs. */
const NAMESPACE = Buffer.from("c802fa53a90e557d80a41d6aca585fef", "hex");

/** Returns the id of a document's point: the UUIDv5 (RFC 9562) of its own id, since Qdrant takes no other strings. */
export function pointId(id: string): string {
  const bytes = createHash("sha1").update(NAMESPACE).update(id).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Returns 128 bits of SHA-256, as hex digits. */
export function contentHash(content: string): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 32);
}
