import sharp from "sharp";
import type { Preview } from "./contact-sheet.js";

/** The longest side, in pixels: of a tile on a screen with two pixels a point. */
const SIDE = 512;

/**
 * Makes a small copy of a picture for the page, upright, and of its first frame alone. It also shows kinds that browsers do not, such as
 * TIFF. `undefined` if it cannot be made.
 */
export async function previewOf(path: string): Promise<Preview | undefined> {
  try {
    const { data, info } = await sharp(path, { failOn: "none" })
      .autoOrient()
      .resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true })
      .webp({ quality: 75 })
      .toBuffer({ resolveWithObject: true });
    return { source: `data:image/webp;base64,${data.toString("base64")}`, width: info.width, height: info.height };
  } catch {
    return undefined;
  }
}
