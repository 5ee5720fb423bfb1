/** Blocks of code, and what prose tells to install in passing. */
const PARTS = /^ *```(?<language>\w+)\n(?<code>.*?)^ *```$|`(?<inline>npm install [^`]+)`/gms;

/**
 * What a page tells to do, in its order: `{ install }` is a command of npm, `{ program }` a file's text, `{ command }` a command of
 * a shell, and `{ prints }` what the program or command before it prints. What is not followed by an output is left out.
 */
export function stepsOf(page) {
  const steps = [];
  let pending;
  for (const { groups } of page.matchAll(PARTS)) {
    const { language, code, inline } = groups;
    if (inline !== undefined) steps.push({ install: inline });
    if (language === "js") pending = { program: code };
    if (language === "text" && pending !== undefined) {
      steps.push({ ...pending, prints: code });
      pending = undefined;
    }
    if (language !== "sh") continue;
    const commands = code.split("\n").map((line) => line.replace(/\s+#.*/, ""));
    for (const install of commands.filter((line) => /^npm (init|install) /.test(line))) steps.push({ install });
    const others = commands.filter((line) => /^(bge|echo|printf) /.test(line)).join("\n");
    if (others !== "") pending = { command: others };
  }
  return steps;
}

/** Whether a command of npm begins anew, in an empty folder: sections of a page do not build on each other if both install core. */
export const begins = (install) => /^npm init|@bge-js\/(core|cli)\b/.test(install);
