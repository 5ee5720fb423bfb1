/** `@bge-js/core/adapter`: shared by the packages built on core. Not for applications; it may change in any release. */
export { abortable, onAbort } from "./abort.js";
export { type ModelHandle, owned, shared } from "./adapter/handle.js";
export { documentAsJson, fieldsAsJson } from "./adapter/json.js";
export { withLmdb } from "./adapter/lmdb.js";
export { inspectLmdb, LMDB_DATA } from "./adapter/lmdb-file.js";
export {
  checkCommitRoom,
  checkLmdbFolder,
  diskHint,
  type HeldFile,
  holdLmdbFile,
  lmdbReason,
} from "./adapter/lmdb-folder.js";
export {
  type AdapterFields,
  type AdapterModel,
  adapterFields,
  type BudgetFields,
  budgetOptions,
  callOptions,
  embedderHandle,
  isLoaded,
  rerankerHandle,
  specInUse,
} from "./adapter/models.js";
export {
  type AdapterImage,
  type MultimodalAdapter,
  type MultimodalAdapterInput,
  type MultimodalFields,
  type MultimodalModel,
  multimodalAdapter,
} from "./adapter/multimodal.js";
export { nodeText, queryText, queryWithoutText } from "./adapter/nodes.js";
export { ofBase64 } from "./adapter/pictures.js";
export {
  checkList,
  metadataOf,
  optionalPackage,
  type RetrieverFields,
  type RetrieverHandle,
  retrieverFields,
  retrieverHandle,
  type ShortStage,
  warnOfSkipped,
} from "./adapter/retriever.js";
export { checkSource } from "./adapter/source.js";
export { splitBehind, splitterLimits, type TextSplitterFields, tokensBefore } from "./adapter/text-splitter.js";
export { type ModelTokenizer, openTokenizer } from "./adapter/tokenizer.js";
export { type VectorSource, vectorFacts } from "./adapter/vector-facts.js";
export { abandon, isThenable, listener } from "./api/callbacks.js";
export { invalid, listed, messageOf, shown } from "./api/errors.js";
export {
  type Check,
  type Checks,
  checkOptions,
  checkOwn,
  isCount,
  isFiniteNumber,
  isFlag,
  isFolder,
  isFunction,
  isList,
  isSignal,
  isUrl,
  oneOf,
} from "./checks.js";
export { clearTimeout, monotonic, setTimeout, sleep, turn, wallClock } from "./clock.js";
export { plugNPlayFlags } from "./engine/plug-n-play.js";
export { containerCpus } from "./engine/thread-plan.js";
export { HttpFailure } from "./hub/http-failure.js";
export { holderOf, isHeld, tryLock, withLock } from "./hub/lock.js";
export { PATIENCE, type Patience, withRetries } from "./hub/retry.js";
export { makeFolder } from "./make-folder.js";
export { isExported } from "./model/export-advice.js";
export { folderPath } from "./model/named-model.js";
export { orElse } from "./model/resolve.js";
export { rerankerFor } from "./model/table.js";
export { isRemote } from "./remote/reference.js";
export { fusedStagesOf, loadRerankingStage } from "./reranker.js";
export { bestMatches } from "./rows/best-matches.js";
export { compressRows, expandRows, type TokenSide } from "./rows/compress.js";
export { floatProducts } from "./rows/kernel.js";
export { poolRows } from "./rows/pool.js";
export { rotate, rotateBack } from "./rows/rotate.js";
export { scoreRows } from "./rows/score.js";
export { joinWindows, splitWindows, type TextWindow, type TextWindows } from "./rows/windows.js";
export { type PictureContent, pictureContent } from "./run/picture-content.js";
export {
  affordable,
  type Budget,
  type Costs,
  countWithin,
  createCosts,
  type ReadingLimit,
  startBudget,
  unitsOf,
} from "./scoring/budget.js";
export { atPositions, type CascadeStage, cascade, fuse, type StageScores } from "./scoring/cascade.js";
export { type KeptQuery, type KeptRows, type KeptText, keptRowsOf } from "./scoring/kept-rows.js";
export { scoresByCandidates } from "./scoring/late-interaction-scores.js";
export type { Match } from "./scoring/match-windows.js";
export { PASSAGE_TOKENS } from "./scoring/passages.js";
export { dotProduct, maxSim } from "./similarity.js";
export type { Block } from "./text/blocks.js";
export { createTokens } from "./text/encode.js";
export { checkQuery, checkText } from "./text/input.js";
export { splitBlocks } from "./text/split.js";
export { instantiate, type KernelExports } from "./webassembly.js";
