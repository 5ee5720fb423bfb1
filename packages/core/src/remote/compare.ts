import type { Embedder } from "../api/embedder.js";
import { BgeError } from "../api/errors.js";
import type { Reranker } from "../api/reranker.js";
import { REFUSE_UNDER, WARN_UNDER } from "../load/canary-check.js";
import { cosineOf, PROBE } from "./probe.js";

/** The furthest that the scores of a pair may be apart, from 0 to 1, without a warning and without an error. */
const SCORE_WARNS = 0.02;
const SCORE_FAILS = 0.1;

/**
 * Compares a server's vectors of a document and of a query with those of a model on this machine, which is then freed. The query
 * shows an instruction that neither side adds, or both. @throws BgeError `MODEL_MISMATCH`
 */
export async function compareEmbedders(remote: Embedder, loadLocal: () => Promise<Embedder>): Promise<void> {
  await using local = await loadLocal();
  if (local.dimensions !== remote.dimensions) {
    throw mismatch(remote, `vectors of ${remote.dimensions} numbers, and ${local.spec.id} here ${local.dimensions}`);
  }
  for (const of of ["document", "query"] as const) {
    const embed = async (model: Embedder) =>
      of === "query" ? model.embedQuery(PROBE.query) : (await model.embedDocuments([PROBE.document]))[0]!;
    const cosine = cosineOf(await embed(remote), await embed(local));
    const found = `a cosine of ${cosine.toFixed(4)} to ${local.spec.id} here, for a ${of}`;
    if (!(cosine >= REFUSE_UNDER)) {
      const advice = of === "query" ? ". Does one side alone add the query instruction? See instructions" : "";
      throw mismatch(remote, found + advice);
    }
    if (cosine < WARN_UNDER) warn(remote, found);
  }
}

/** The same of a pair's score. @throws BgeError `MODEL_MISMATCH` */
export async function compareRerankers(remote: Reranker, loadLocal: () => Promise<Reranker>): Promise<void> {
  await using local = await loadLocal();
  const score = async (model: Reranker) => {
    const [found] = await model.score(PROBE.query, [PROBE.document]);
    return model.scale === "logit" ? 1 / (1 + Math.exp(-found!)) : found!;
  };
  const [theirs, ours] = [await score(remote), await score(local)];
  const apart = Math.abs(theirs - ours);
  const found = `a score of ${theirs.toFixed(4)} where ${local.spec.id} here gives ${ours.toFixed(4)}`;
  if (!(apart <= SCORE_FAILS)) throw mismatch(remote, found);
  if (apart > SCORE_WARNS) warn(remote, found);
}

function mismatch({ spec }: Embedder | Reranker, found: string): BgeError {
  const message = `The server of ${spec.id} gives ${found}. It is another model, or set up differently.`;
  return new BgeError("MODEL_MISMATCH", message, { parameter: "compareWith" });
}

function warn({ spec }: Embedder | Reranker, found: string): void {
  process.emitWarning(`The server of ${spec.id} gives ${found}. Do not mix its numbers with those made here.`, {
    type: "BgeWarning",
    code: "BGE_CANARY",
  });
}
