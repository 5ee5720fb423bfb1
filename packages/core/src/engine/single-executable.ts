/**
 * True in a program that is packed into one executable with its runtime (Node's single executable application, `bun build
 * --compile`, `deno compile`). A worker process of it would be the program again, and start worker processes in turn, without end.
 */
export function isSingleExecutable(): boolean {
  const { Bun, Deno } = globalThis as {
    Bun?: { readonly main?: string };
    Deno?: { readonly build?: { readonly standalone?: boolean } };
  };
  // Where Bun keeps the program within the executable.
  if (Bun !== undefined) return /^(\/\$bunfs|B:[\\/]~BUN)/.test(Bun.main ?? "");
  if (Deno !== undefined) return Deno.build?.standalone === true;
  const sea = process.getBuiltinModule?.("node:sea") as { isSea(): boolean } | undefined;
  return sea?.isSea() === true;
}
