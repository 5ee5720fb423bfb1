import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { type SourceText, sourceText, withoutRepeats } from "./documents.js";
import { describe } from "./jsdoc.js";

/** Returns the API documentation in the installed `@types/node`, or in some of its files, one text per documented symbol. */
export function readNodeApiDocs(wanted: (file: string) => boolean = () => true): SourceText[] {
  const directory = dirname(createRequire(import.meta.url).resolve("@types/node/package.json"));
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".d.ts") && wanted(file),
  );
  return withoutRepeats(
    files.sort().flatMap((file) => readDeclarations(file, readFileSync(join(directory, file), "utf8"))),
  );
}

/** Returns the documented symbols of one declaration file. Overloads with the same description are one. */
export function readDeclarations(file: string, code: string): SourceText[] {
  const tree = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true);
  const texts = new Map<string, SourceText>();
  const visit = (node: ts.Node, scope: readonly string[]): void => {
    const name = nameOf(node);
    const path = isOutermost(node) ? [] : scope;
    const symbol = name === undefined || name === path.at(-1) ? path : [...path, name];
    const description = name === undefined ? "" : describe(node);
    if (description !== "") {
      const title = symbol.join(".") + parametersOf(node);
      const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
      const key = `${symbol.join(".")}\0${description}`;
      if (!texts.has(key))
        texts.set(key, sourceText(`${headline(node, title)}\n${description}`, title, file, line + 1));
    }
    ts.forEachChild(node, (child) => visit(child, symbol));
  };
  visit(tree, []);
  return [...texts.values()];
}

/** True for a module, or `declare global` within one: names start afresh. */
function isOutermost(node: ts.Node): boolean {
  return ts.isModuleDeclaration(node) && (ts.isStringLiteral(node.name) || node.name.text === "global");
}

/** Returns the symbol's name, or `undefined` for a mere group such as `declare global`. */
function nameOf(node: ts.Node): string | undefined {
  if (ts.isModuleDeclaration(node))
    return node.name.text === "global" ? undefined : node.name.text.replace(/^node:/, "");
  if (ts.isVariableStatement(node)) return node.declarationList.declarations[0]?.name.getText();
  if (ts.isConstructorDeclaration(node) || ts.isConstructSignatureDeclaration(node)) return "constructor";
  if (ts.isCallSignatureDeclaration(node)) return "call";
  if (!isNamed(node)) return undefined;
  return ts.isStringLiteral(node.name) ? node.name.text : node.name.getText();
}

function isNamed(node: ts.Node): node is ts.Node & { readonly name: ts.Node } {
  return (
    "name" in node &&
    node.name !== undefined &&
    (ts.isStatement(node) || ts.isTypeElement(node) || ts.isClassElement(node))
  );
}

/** Returns `(path, options)` for a function. Only names, because types would outweigh the description. */
function parametersOf(node: ts.Node): string {
  if (!ts.isFunctionLike(node) || ts.isIndexSignatureDeclaration(node)) return "";
  return `(${node.parameters.map((parameter) => parameter.name.getText()).join(", ")})`;
}

function headline(node: ts.Node, title: string): string {
  return ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name) ? `Node.js module ${title}` : title;
}
