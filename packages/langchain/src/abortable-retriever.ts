import { AsyncLocalStorage } from "node:async_hooks";
import { parseCallbackConfigArg } from "@langchain/core/callbacks/manager";
import type { DocumentInterface } from "@langchain/core/documents";
import { BaseRetriever } from "@langchain/core/retrievers";
import { ensureConfig, type RunnableConfig } from "@langchain/core/runnables";

const signals = new AsyncLocalStorage<AbortSignal | undefined>();

/**
 * A retriever that honours `signal` and `timeout` of a run's config, although LangChain passes only the callbacks to
 * its search.
 */
export abstract class AbortableRetriever extends BaseRetriever {
  override async invoke(input: string, options?: RunnableConfig): Promise<DocumentInterface[]> {
    // Turns a timeout into a signal.
    const config = ensureConfig<RunnableConfig>(parseCallbackConfigArg(options));
    return signals.run(config.signal, () => super.invoke(input, config));
  }

  /** The signal of the run that called `_getRelevantDocuments`. */
  protected get runSignal(): AbortSignal | undefined {
    return signals.getStore();
  }
}
