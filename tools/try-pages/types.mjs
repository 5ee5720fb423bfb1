import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** How new projects find their types. */
const RESOLUTIONS = [
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
];

/** @returns what TypeScript has to say of programs in a project of npm's, with its strict settings; nothing if they are right */
export async function typeErrors(project, programs, run) {
  await run("npm install --ignore-scripts typescript @types/node");
  const files = programs.map((_, i) => `program-${i + 1}.mts`);
  programs.forEach((program, i) => {
    writeFileSync(join(project, files[i]), `${program}\nexport {};\n`);
  });
  const errors = [];
  for (const resolution of RESOLUTIONS) {
    const compilerOptions = {
      ...resolution,
      target: "es2023",
      strict: true,
      noImplicitAny: false,
      noEmit: true,
      skipLibCheck: true,
    };
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...compilerOptions, types: ["node"] }, files }),
    );
    const { stdout } = await run("npx tsc -p .");
    if (stdout !== "") errors.push(`${resolution.moduleResolution}\n${stdout}`);
  }
  return errors.join("\n");
}
