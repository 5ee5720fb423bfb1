// Removes ONNX Runtime's libraries for other systems and for GPUs from the folder in which it is installed: 200 MB of an image.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const binaries = "node_modules/onnxruntime-node/bin";
const [version] = readdirSync(binaries).filter((name) => name.startsWith("napi-"));
const library = join(binaries, version);
for (const system of readdirSync(library)) {
  for (const processor of readdirSync(join(library, system))) {
    if (system === process.platform && processor === process.arch) continue;
    rmSync(join(library, system, processor), { recursive: true });
  }
}
const here = join(library, process.platform, process.arch);
if (!existsSync(here)) throw new Error(`onnxruntime-node has no library for ${process.platform} on ${process.arch}`);
for (const file of readdirSync(here)) if (/cuda|tensorrt/i.test(file)) rmSync(join(here, file));
