// The API reference: Markdown from the packages' doc comments, one page an entry, into site/api.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, ConsoleLogger, LogLevel, ReflectionKind, UnknownType } from "typedoc";
import { ENTRIES } from "./pages.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const out = join(here, "api");

/** An adapter's `signal` is a loader's, said again in its own words; TypeDoc takes either, and that is right. */
class Log extends ConsoleLogger {
  log(message, level) {
    if (level === LogLevel.Warn && message.includes("multiple declarations with a comment")) return;
    super.log(message, level);
  }
}

export async function writeApi() {
  rmSync(out, { recursive: true, force: true });
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown"],
    name: "API",
    entryPoints: ENTRIES.map(([file]) => join(root, file)),
    tsconfig: join(here, "tsconfig.json"),
    out,
    readme: "none",
    outputFileStrategy: "modules",
    entryFileName: "index",
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    disableSources: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    sanitizeComments: true,
    useHTMLEncodedBrackets: true,
    useHTMLAnchors: true,
    useCodeBlocks: true,
    // What one looks for comes first.
    groupOrder: ["Functions", "Classes", "Variables", "Interfaces", "Type Aliases"],
    // Every property is readonly.
    tableColumnSettings: { hideModifiers: true },
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    typeAliasPropertiesFormat: "table",
    logLevel: "Warn",
    validation: { notExported: false, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: false },
    pageTitleTemplates: { index: "API", module: ({ name }) => `@bge-js/${name}` },
  });
  app.logger = new Log();
  app.logger.level = LogLevel.Warn;
  const project = await app.convert();
  if (project === undefined || app.logger.hasErrors()) throw new Error("TypeDoc reported errors, see above.");
  const names = new Map(
    ENTRIES.map(([file, name]) => [file.slice("packages/".length).replace(/(\/index)?\.ts$/, ""), name]),
  );
  for (const entry of project.children) entry.name = names.get(entry.name).replace("@bge-js/", "");
  // The table of models is data: its type would be some hundred lines.
  for (const table of project.getReflectionsByKind(ReflectionKind.Variable)) {
    if (table.name === "MODELS") table.type = new UnknownType("readonly ModelSpec[]");
  }
  // Those that a function takes apart have no name in its declaration.
  for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
    if (parameter.name === "__namedParameters") parameter.name = "options";
  }
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("TypeDoc reported problems, see above.");
  for (const [, name] of ENTRIES) introduce(name);
}

/** Says below the title of an entry's page what it belongs to, and where the words are. */
function introduce(name) {
  const [, folder] = name.split("/");
  const file = join(out, `${name.replace("@bge-js/", "")}.md`);
  const readme = relative(dirname(file), join(root, "packages", folder, "README.md")).replaceAll(sep, "/");
  const [title, ...rest] = readFileSync(file, "utf8").split("\n");
  const words = `What \`${name}\` exports, from its doc comments. How it is used: [\`@bge-js/${folder}\`](${readme}).`;
  writeFileSync(file, [title, "", words, ...rest].join("\n"));
}
