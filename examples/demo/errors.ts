/** An error that the user can fix: shown as one line, exit code 1. */
export class DemoError extends Error {}

/** An invalid command line: shown with a pointer to --help, exit code 2. */
export class UsageError extends Error {}

/** Returns an error's message and its cause's, which holds the reason with fetch and undici. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const reason = cause === undefined ? "" : `: ${cause.message || ("code" in cause ? String(cause.code) : cause.name)}`;
  return `${error.message}${reason}`.split("\n", 1)[0]!;
}
