// The pages of the site, in the order of its menu. A page is a Markdown file of the repository, which stays where it is; to add one,
// add its line. Names are as short as a menu needs them: the page's own heading is its title.

/** @type {readonly { readonly title: string, readonly pages: readonly (readonly [file: string, name: string])[] }[]} */
export const SECTIONS = [
  {
    title: "Start",
    pages: [
      ["README.md", "Overview"],
      ["docs/start/node.md", "Plain Node.js"],
      ["docs/start/langchain.md", "LangChain.js"],
      ["docs/start/llamaindex.md", "LlamaIndex.TS"],
      ["docs/start/ai-sdk.md", "AI SDK"],
      ["docs/start/mastra.md", "Mastra"],
      ["docs/start/qdrant.md", "Qdrant"],
      ["docs/start/postgresql.md", "PostgreSQL, pgvector"],
      ["docs/start/command-line.md", "Command line"],
      ["docs/mcp.md", "Coding agents (MCP)"],
      ["docs/add-reranking.md", "Into an app that searches"],
    ],
  },
  {
    title: "Models",
    pages: [
      ["docs/choosing-a-model.md", "Choosing a model"],
      ["docs/models.md", "What can be loaded"],
      ["docs/options.md", "Options"],
      ["docs/small-vectors.md", "Small vectors"],
      ["docs/multimodal.md", "Pictures and words"],
      ["docs/sentence-transformers-folders.md", "sentence-transformers folders"],
    ],
  },
  {
    title: "Documents",
    pages: [
      ["docs/splitting.md", "Splitting"],
      ["docs/ingest.md", "Bulk ingestion"],
      ["docs/scale.md", "At a million and more"],
    ],
  },
  {
    title: "How it works",
    pages: [
      ["docs/search.md", "Search"],
      ["docs/late-interaction.md", "Late interaction"],
      ["docs/combining-retrievers.md", "Combining retrievers"],
      ["docs/thresholds.md", "Thresholds"],
      ["docs/promises.md", "Promises and their tests"],
    ],
  },
  {
    title: "Measured",
    pages: [
      ["docs/quality.md", "Quality"],
      ["docs/speed.md", "Speed"],
      ["bench/README.md", "The bench"],
    ],
  },
  {
    title: "Deployment",
    pages: [
      ["docs/running.md", "Running it"],
      ["docs/deployment.md", "Containers, Kubernetes"],
      ["docs/runtimes.md", "Node, Bun, Deno"],
      ["docs/reliability.md", "Reliability"],
      ["docs/remote.md", "Models behind a server"],
      ["docs/bundlers.md", "Bundlers"],
      ["docs/testing.md", "Jest and Vitest"],
      ["docs/privacy.md", "Privacy"],
    ],
  },
  {
    title: "Migration from",
    pages: [
      ["docs/migrate/huggingface-transformers-embeddings.md", "HuggingFaceTransformersEmbeddings"],
      ["docs/migrate/fastembed.md", "fastembed"],
      ["docs/migrate/cohere.md", "Cohere's reranker"],
      ["docs/migrate/transformers-js.md", "transformers.js"],
      ["docs/migrate/flagembedding.md", "FlagEmbedding (Python)"],
    ],
  },
  {
    title: "Packages",
    pages: [
      ["packages/core/README.md", "core"],
      ["packages/retriever/README.md", "retriever"],
      ["packages/qdrant/README.md", "qdrant"],
      ["packages/server/README.md", "server"],
      ["packages/langchain/README.md", "langchain"],
      ["packages/llamaindex/README.md", "llamaindex"],
      ["packages/ai-sdk/README.md", "ai-sdk"],
      ["packages/store/README.md", "store"],
      ["packages/ingest/README.md", "ingest"],
      ["packages/cli/README.md", "cli"],
      ["packages/model-bge-small-en-v1.5/README.md", "model-bge-small-en-v1.5"],
      ["packages/model-bge-small-zh-v1.5/README.md", "model-bge-small-zh-v1.5"],
      ["packages/model-reranker-small-en/README.md", "model-reranker-small-en"],
    ],
  },
  {
    title: "Troubleshooting",
    pages: [
      ["docs/symptoms.md", "By symptom"],
      ["docs/errors.md", "Errors and warnings"],
    ],
  },
];

export const PAGES = SECTIONS.flatMap(({ pages }) => pages.map(([file]) => file));

/** The entries of packages whose types are documented: file, and the name by which it is imported. */
export const ENTRIES = [
  ["packages/core/src/index.ts", "@bge-js/core"],
  ["packages/core/src/multimodal.ts", "@bge-js/core/multimodal"],
  ["packages/core/src/opentelemetry.ts", "@bge-js/core/opentelemetry"],
  ["packages/retriever/src/index.ts", "@bge-js/retriever"],
  ["packages/retriever/src/multimodal.ts", "@bge-js/retriever/multimodal"],
  ["packages/qdrant/src/index.ts", "@bge-js/qdrant"],
  ["packages/qdrant/src/langchain.ts", "@bge-js/qdrant/langchain"],
  ["packages/qdrant/src/llamaindex.ts", "@bge-js/qdrant/llamaindex"],
  ["packages/server/src/index.ts", "@bge-js/server"],
  ["packages/langchain/src/index.ts", "@bge-js/langchain"],
  ["packages/langchain/src/multimodal.ts", "@bge-js/langchain/multimodal"],
  ["packages/langchain/src/splitter.ts", "@bge-js/langchain/splitter"],
  ["packages/llamaindex/src/index.ts", "@bge-js/llamaindex"],
  ["packages/llamaindex/src/multimodal.ts", "@bge-js/llamaindex/multimodal"],
  ["packages/ai-sdk/src/index.ts", "@bge-js/ai-sdk"],
  ["packages/store/src/index.ts", "@bge-js/store"],
  ["packages/ingest/src/index.ts", "@bge-js/ingest"],
  ["packages/ingest/src/bullmq.ts", "@bge-js/ingest/bullmq"],
  ["packages/ingest/src/qdrant.ts", "@bge-js/ingest/qdrant"],
];
