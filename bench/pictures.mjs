import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { random } from "./texts.mjs";

/** The paths of `count` JPEG files of 640 x 480 in a folder, each with blots of its own; written where they are missing. */
export async function pictureFiles(folder, count) {
  const sharp = createRequire(import.meta.url)("sharp");
  mkdirSync(folder, { recursive: true });
  const paths = Array.from({ length: count }, (_, i) => join(folder, `${i}.jpg`));
  for (const [i, path] of paths.entries()) {
    if (existsSync(path)) continue;
    const next = random(37 + i);
    const blots = Buffer.from(Array.from({ length: 20 * 15 * 3 }, () => Math.floor(256 * next())));
    const picture = sharp(blots, { raw: { width: 20, height: 15, channels: 3 } }).resize(640, 480);
    writeFileSync(`${path}.partial`, await picture.jpeg({ quality: 88 }).toBuffer());
    renameSync(`${path}.partial`, path);
  }
  return paths;
}
