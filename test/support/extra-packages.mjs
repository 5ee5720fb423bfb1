// Preloaded by programs that need Mastra: its packages are in the folder that BGE_JS_EXTRA names, all others where they always are.
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.env["BGE_JS_EXTRA"]}/`).href;
registerHooks({
  resolve(specifier, context, next) {
    const isElsewhere = specifier.startsWith("@mastra/") && !context.parentURL?.startsWith(folder);
    return next(specifier, isElsewhere ? { ...context, parentURL: folder } : context);
  },
});
