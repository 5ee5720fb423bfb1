// Sets the bench up where it is not, then runs it: the repository as `npm run setup`, the peers from their own lockfile.
// Their install scripts stay off: one would fetch CUDA libraries.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);

run(process.execPath, [join(root, "tools", "setup.mjs")], root);
run(process.execPath, [join(root, "tools", "bundle.mjs")], root);
if (!installed()) run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], here);
run(process.execPath, [join(here, "main.mjs"), ...process.argv.slice(2)], root);

/** Whether the packages are there in the versions that package.json names. */
function installed() {
  const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  return Object.entries(dependencies).every(([name, version]) => {
    const manifest = join(here, "node_modules", name, "package.json");
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).version === version;
  });
}

function run(command, args, cwd) {
  // npm is a script on Windows, which only a shell finds.
  const shell = command === "npm" && process.platform === "win32";
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit", shell });
  if (error !== undefined) console.error(`${command} cannot be run: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
