import {
  convertToModelMessages,
  createUIMessageStream,
  createUIMessageStreamResponse,
  type LanguageModel,
  safeValidateUIMessages,
  streamText,
  toUIMessageStream,
  type UIMessage,
} from "ai";
import { Hono } from "hono";
import type { Search } from "./search.js";

/** The routes. `POST /api/chat` speaks the protocol of the AI SDK's `useChat`. */
export function createChat(search: Search, model: LanguageModel): Hono {
  const app = new Hono();

  app.post("/api/chat", async (c) => {
    const body = await c.req.json<{ messages?: unknown }>().catch(() => ({ messages: undefined }));
    const checked = await safeValidateUIMessages({ messages: body.messages });
    if (!checked.success) return c.json({ error: checked.error.message }, 400);
    const messages = checked.data;
    const question = textOf(messages.at(-1));
    if (question === "") return c.json({ error: "The last message has no text." }, 400);
    // Aborted when the client goes away: the search stops, and so does the language model.
    const { signal } = c.req.raw;
    signal.addEventListener("abort", () => console.log(`the client left: ${question}`));

    const stream = createUIMessageStream({
      async execute({ writer }) {
        const found = await search(question, signal);
        // The sources are shown before the first word of the answer.
        for (const [i, { source }] of found.entries()) {
          writer.write({ type: "source-document", sourceId: String(i + 1), mediaType: "text/markdown", title: source });
        }
        const sources = found.map(({ text }, i) => `[${i + 1}] ${text}`).join("\n");
        const { stream } = streamText({
          model,
          instructions: `Answer from these sources alone, and name them by number. If they do not say, say so.\n\n${sources}`,
          messages: await convertToModelMessages(messages),
          abortSignal: signal,
        });
        writer.merge(toUIMessageStream({ stream }));
      },
      onError(error) {
        if (!signal.aborted) console.error(error);
        return "The question could not be answered.";
      },
    });
    return createUIMessageStreamResponse({ stream });
  });

  return app;
}

function textOf(message: UIMessage | undefined): string {
  const parts = message?.parts ?? [];
  return parts
    .map((part) => (part.type === "text" ? part.text : ""))
    .join("")
    .trim();
}
