// The API reference: Markdown from the packages' doc comments, one page an entry, into site/api.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
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
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("TypeDoc reported problems, see above.");
}
