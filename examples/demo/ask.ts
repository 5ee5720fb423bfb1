import { createInterface } from "node:readline/promises";

/** Yields questions typed at the terminal, until an empty line, the end of input or Ctrl-C. */
export async function* askOnTerminal(signal: AbortSignal): AsyncGenerator<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr, prompt: "\nquestion> " });
  const close = (): void => terminal.close();
  terminal.on("SIGINT", () => process.emit("SIGINT")); // in raw mode, the terminal sends no signal
  signal.addEventListener("abort", close, { once: true });
  try {
    terminal.prompt();
    for await (const line of terminal) {
      if (line.trim() === "") return;
      yield line.trim();
      terminal.prompt();
    }
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}
