// Stands for AWS Lambda's runtime: loads the handler once and passes it one event after another. Then says what is in /tmp.
import { readdirSync } from "node:fs";
import { handler } from "./handler.mjs";

for (const body of process.argv.slice(2)) console.log(JSON.stringify(await handler({ version: "2.0", body })));
console.log(JSON.stringify(readdirSync("/tmp")));
