import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";

/**
 * Serves tarballs as npm's registry does, so that npm finds packages that are not published yet by their names, with their
 * dependencies and peers.
 *
 * @returns its address, and how to close it
 */
export async function serveTarballs(directory) {
  const tarballs = readdirSync(directory).filter((name) => name.endsWith(".tgz"));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const tarball = tarballs.find((name) => name === basename(path));
    if (tarball !== undefined) return response.end(readFileSync(join(directory, tarball)));
    const found = documents.get(path.slice(1));
    response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(found ?? { error: "not found" }));
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const documents = new Map(tarballs.map((name) => describe(directory, name, url)));
  return { url, close: () => server.close() };
}

/** @returns a package's name and what the registry says about it: its only version is the latest */
function describe(directory, name, url) {
  const file = join(directory, name);
  const manifest = JSON.parse(execFileSync("tar", ["-xzOf", file, "package/package.json"]));
  const integrity = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
  const { version } = manifest;
  const versions = { [version]: { ...manifest, dist: { tarball: `${url}-/${name}`, integrity } } };
  return [manifest.name, { name: manifest.name, "dist-tags": { latest: version }, versions }];
}
