/** Something the user can mend: shown as one line, exit code 1. */
export class DemoError extends Error {}

/** A command line that cannot be understood: shown with a pointer to --help, exit code 2. */
export class UsageError extends Error {}

/** The message of an error with that of its cause, where fetch and undici keep the reason. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const reason = cause === undefined ? "" : `: ${cause.message || ("code" in cause ? String(cause.code) : cause.name)}`;
  return `${error.message}${reason}`.split("\n", 1)[0]!;
}
