// Stands for AWS Lambda's runtime: loads the handler once and passes it one event after another. Then says what is in /tmp.
import { readdirSync } from "node:fs";
import { handler } from "./handler.mjs";

for (const [i, text] of process.argv.slice(2).entries()) {
  // A body comes in base64 where its sender does not say that it is JSON.
  const isBase64Encoded = i % 2 === 1;
  const body = isBase64Encoded ? Buffer.from(text).toString("base64") : text;
  console.log(JSON.stringify(await handler({ version: "2.0", body, isBase64Encoded })));
}
console.log(JSON.stringify(readdirSync("/tmp")));
