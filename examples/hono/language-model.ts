import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { type LanguageModel, simulateReadableStream } from "ai";
import { MockLanguageModelV3 } from "ai/test";

/** The model behind `CHAT_URL` (Ollama, llama.cpp, vLLM, a hosted one), or one that quotes the first source. */
export function languageModel({ CHAT_URL, CHAT_MODEL, CHAT_API_KEY } = process.env): LanguageModel {
  if (CHAT_URL === undefined) return quotingModel();
  if (CHAT_MODEL === undefined) throw new Error("CHAT_URL needs CHAT_MODEL, the name of a model at that server");
  return createOpenAICompatible({
    name: "chat",
    baseURL: CHAT_URL,
    ...(CHAT_API_KEY !== undefined && { apiKey: CHAT_API_KEY }),
  })(CHAT_MODEL);
}

/** Stands for a language model where there is none: it repeats the source marked [1] in its instructions, word by word. */
function quotingModel(): LanguageModel {
  const none = { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0, text: 0, reasoning: 0 };
  return new MockLanguageModelV3({
    doStream: async ({ prompt }) => {
      const instructions = prompt.find(({ role }) => role === "system")?.content ?? "";
      const source = /\[1\] (.*)/.exec(String(instructions))?.[1] ?? "I do not know.";
      const words = source.split(/(?<= )/);
      return {
        stream: simulateReadableStream({
          chunkDelayInMs: 30,
          chunks: [
            { type: "text-start", id: "1" },
            ...words.map((delta) => ({ type: "text-delta" as const, id: "1", delta })),
            { type: "text-end", id: "1" },
            {
              type: "finish",
              finishReason: { unified: "stop", raw: "stop" },
              usage: { inputTokens: none, outputTokens: none },
            },
          ],
        }),
      };
    },
  });
}
