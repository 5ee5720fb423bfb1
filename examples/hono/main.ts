// A chat over documents: embeds and reranks locally, and streams the answer of any language model. Needs nothing else to run.
import { createBge } from "@bge-js/ai-sdk";
import { serve } from "@hono/node-server";
import { HANDBOOK } from "../corpus.js";
import { createChat } from "./chat.js";
import { languageModel } from "./language-model.js";
import { createSearch } from "./search.js";

const model = languageModel(); // first, because a wrong setting is found here
const bge = createBge();
const search = await createSearch(bge, HANDBOOK);
await search("a question before the first one, which loads the reranker", AbortSignal.timeout(60_000));

const port = Number(process.env["PORT"] ?? 3000);
const server = serve({ fetch: createChat(search, model).fetch, port, hostname: "127.0.0.1" }, ({ port }) =>
  console.log(`${HANDBOOK.length} passages; listening on http://127.0.0.1:${port}`),
);

process.once("SIGTERM", () => {
  server.close(() => void bge.dispose());
});
