// Packs the command and the packages that it needs into a folder: node deploy/pack.mjs FOLDER.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { pack } from "../tools/pack.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("Name the folder for the packages: node deploy/pack.mjs FOLDER");
const target = resolve(folder);
mkdirSync(target, { recursive: true });

const manifests = new Map(
  readdirSync(join(root, "packages")).map((name) => {
    const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
    return [manifest.name, { ...manifest, name: manifest.name, folder: name }];
  }),
);
const needed = new Set(["@bge-js/cli"]);
for (const name of needed) {
  const { dependencies = {}, peerDependencies = {} } = manifests.get(name);
  for (const other of Object.keys({ ...dependencies, ...peerDependencies }))
    if (manifests.has(other)) needed.add(other);
}
for (const name of needed) pack(manifests.get(name).folder, target);
console.log([...needed].join("\n"));
