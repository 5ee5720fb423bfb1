/** Replaces absolute paths and file URLs in a message, which may name a user or a customer. */
export function withoutPaths(message: string): string {
  return message.replace(/(^|[\s"'`(=:,;])(?:file:\/\/|[A-Za-z]:\\|\\\\|~?\/)[^\s"'`),;]*[^\s"'`),;:.]/g, "$1<path>");
}
