/** What pictures are read, and how. */
export interface ImageLimits {
  readonly maxPixels: number;
  readonly maxBytes: number;
  readonly orientation: "ignore" | "apply";
}

/** How bytes of colour become numbers: each channel's mean and standard deviation, for values from 0 to 1. */
interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** How CLIP's pictures become numbers. */
export interface ImageSettings extends Normalisation {
  /** The picture is resized until its shorter side has this many pixels. */
  readonly edge: number;
  /** Then the centre is cut out, a square of this many pixels. */
  readonly size: number;
}

/** How LLaVA-NeXT's pictures become numbers. */
export interface TileSettings extends Normalisation {
  readonly family: "llava_next";
  /** Pixels of a tile's side. */
  readonly tile: number;
  /** Features along a tile's side. */
  readonly side: number;
  /** The pictures that tiles may make up, in order of preference. */
  readonly resolutions: readonly { readonly width: number; readonly height: number }[];
}

/** How Qwen2.5-VL's pictures become numbers. */
export interface PatchSettings extends Normalisation {
  readonly family: "qwen2_5_vl";
  /** Pixels of a patch's side. */
  readonly patch: number;
  /** Patches along the side of the square that becomes one token. */
  readonly merge: number;
  /** Tokens along a window's side. */
  readonly window: number;
  /** How often a picture, which has no time, is repeated. */
  readonly frames: number;
  /** Pictures of fewer or more pixels are scaled until they fit. */
  readonly minPixels: number;
  readonly maxPixels: number;
}

/** How the pictures of a vision language model become numbers. */
export type VisionSettings = TileSettings | PatchSettings;
