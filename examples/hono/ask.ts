// Asks the server, as a page with the AI SDK's `useChat` does, and prints the answer as it arrives.
import { DefaultChatTransport, type UIMessage } from "ai";

const [question = "What do I do when my notebook was stolen?"] = process.argv.slice(2);
const url = process.env["SERVER_URL"] ?? "http://127.0.0.1:3000";

const message: UIMessage = { id: "1", role: "user", parts: [{ type: "text", text: question }] };
const chunks = await new DefaultChatTransport({ api: `${url}/api/chat` }).sendMessages({
  chatId: "1",
  messageId: undefined,
  trigger: "submit-message",
  messages: [message],
  abortSignal: undefined,
});
for await (const chunk of chunks) {
  if (chunk.type === "source-document") console.log(`[${chunk.sourceId}] ${chunk.title}`);
  if (chunk.type === "text-delta") process.stdout.write(chunk.delta);
  if (chunk.type === "error") throw new Error(chunk.errorText);
}
console.log();
