import type { ModelSpec } from "../api/model.js";
import type { EmbedderOptions } from "../api/options.js";
import type { RemoteModel } from "../api/remote.js";
import type { OpenModel, Plan } from "../load/open-model.js";
import { refuse } from "../model/options.js";
import type { Prompts } from "../text/prompts.js";
import { openServed } from "./open.js";
import { probeVector } from "./probe.js";
import type { RemoteReference } from "./reference.js";
import { servedEmbedding } from "./spec.js";

/** Opens an embedding model behind a server. */
export async function openRemoteEmbedder<
  P extends Plan & { readonly prompts: Prompts; readonly options: EmbedderOptions },
>(model: RemoteModel, options: EmbedderOptions, planFor: (spec: ModelSpec) => P): Promise<OpenModel<P>> {
  return openServed(model, options, {
    kind: "embedding",
    logits: false,
    probe: (client, dialect, address, reference, signal) =>
      probeVector(client, dialect, address, hasSides(reference) ? "document" : undefined, signal),
    specOf: (reference, facts, { length }) => {
      const sparse = facts.sparse === true || (options.outputs ?? []).includes("sparse");
      return servedEmbedding(reference, facts, { width: length, sparse });
    },
    planFor(spec, reference, { count }) {
      const sided = hasSides(reference);
      if (sided) refuse(options, ["queryInstruction", "task"], "the server puts the instruction before queries");
      const plan = planFor(spec);
      return {
        ...plan,
        ...(sided && { prompts: withSides(plan.prompts) }),
        // Without counts, texts over the limit are left to the server to refuse.
        ...(count === undefined && options.truncation === "error" && { options: { ...options, truncation: "silent" } }),
      };
    },
  });
}

/** True if the server puts the instruction before queries, so that it must be told which texts are queries. */
function hasSides({ instructions, api }: RemoteReference): boolean {
  return (instructions ?? (api === "nim" ? "server" : "client")) === "server";
}

function withSides(prompts: Prompts): Prompts {
  return {
    ...prompts,
    encoding(inputType, maxTokens) {
      const encoding = prompts.encoding(inputType, maxTokens);
      return encoding.form === "single" ? { ...encoding, inputType } : encoding;
    },
  };
}
