// npm run docs:serve [-- --port 4173]: the built site on this machine, with search by meaning.
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DIST, INDEX } from "./build.mjs";
import { openSearch } from "./search/index.mjs";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
const LONGEST_QUESTION = 1000;

/** Starts the server on the loopback interface; port 0 takes a free one. */
export async function serveSite({ folder = DIST, index = INDEX, port = 4173, budgetMs } = {}) {
  const search = await openSearch(index, { budgetMs });
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => send(response, 500, { error: error.message }));
  });

  async function answer(request, response) {
    if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, { error: "GET alone" });
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (pathname === "/search.json") return answerQuestion(searchParams.get("q") ?? "", response);
    const file = await fileOf(folder, pathname);
    const type = TYPES[extname(file ?? "")] ?? "application/octet-stream";
    if (file === undefined || extname(file) === ".html") {
      const html = await readFile(file ?? join(folder, "404.html"), "utf8");
      response.writeHead(file === undefined ? 404 : 200, { "content-type": TYPES[".html"] });
      // Tells the page that questions are answered here.
      response.end(html.replace("<html ", '<html data-search="meaning" '));
      return;
    }
    response.writeHead(200, { "content-type": type });
    createReadStream(file).pipe(response);
  }

  async function answerQuestion(question, response) {
    if (question.trim() === "" || question.length > LONGEST_QUESTION) {
      return send(response, 400, { error: `q must be a question of at most ${LONGEST_QUESTION} characters.` });
    }
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const results = await search.search(question.toWellFormed(), gone.signal);
    send(response, 200, { results });
  }

  await new Promise((resolve, reject) => server.on("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await search.dispose();
    },
  };
}

function send(response, status, body) {
  if (response.headersSent) return response.destroy();
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** The file of the folder that an address names, if there is one. */
async function fileOf(folder, pathname) {
  let path;
  try {
    path = normalize(decodeURIComponent(pathname));
  } catch {
    return undefined;
  }
  const named = join(folder, path);
  if (!`${named}${sep}`.startsWith(`${folder}${sep}`) || path.includes("\0")) return undefined;
  for (const file of [named, `${named}.html`, join(named, "index.html")]) {
    if ((await stat(file).catch(() => undefined))?.isFile()) return file;
  }
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "4173" } } });
  const { url } = await serveSite({ port: Number(values.port) });
  console.log(`The documentation is at ${url}`);
}
