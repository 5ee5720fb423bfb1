import { describe, expect, test } from "vitest";
import { folderOf } from "../../../../test/support/folders.js";
import type { EmbeddingSpec } from "../api/model.js";
import { readVisionSettings } from "./vision-settings.js";

const MEAN = [0.48145466, 0.4578275, 0.40821073];
const STD = [0.26862954, 0.26130258, 0.27577711];

/** As the repositories of the base models have them, as far as they matter. */
const LLAVA = {
  "preprocessor_config.json": {
    aspect_ratio_setting: "anyres",
    crop_size: { height: 336, width: 336 },
    do_center_crop: true,
    do_convert_rgb: true,
    do_normalize: true,
    do_pad: true,
    do_rescale: true,
    do_resize: true,
    image_grid_pinpoints: [
      [336, 672],
      [672, 336],
      [672, 672],
      [1008, 336],
      [336, 1008],
    ],
    image_mean: MEAN,
    image_processor_type: "LlavaNextImageProcessor",
    image_std: STD,
    resample: 3,
    rescale_factor: 0.00392156862745098,
    size: { shortest_edge: 336 },
  },
  "config.json": { model_type: "llava_next", vision_config: { hidden_size: 1024, image_size: 336, patch_size: 14 } },
};
const QWEN = {
  "preprocessor_config.json": {
    min_pixels: 3136,
    max_pixels: 12845056,
    patch_size: 14,
    temporal_patch_size: 2,
    merge_size: 2,
    image_mean: MEAN,
    image_std: STD,
    image_processor_type: "Qwen2VLImageProcessor",
  },
  "config.json": {
    model_type: "qwen2_5_vl",
    vision_config: { depth: 32, patch_size: 14, spatial_merge_size: 2, spatial_patch_size: 14, window_size: 112 },
  },
};
type Files = typeof LLAVA | typeof QWEN;

function read(architecture: EmbeddingSpec["architecture"], files: Readonly<Record<string, unknown>>, most = 1_003_520) {
  return readVisionSettings(folderOf(files), { architecture } as EmbeddingSpec, most);
}

/** The files with one entry changed: of the preprocessor, or of vision_config. */
function changed(files: Files, { preprocessor = {}, vision = {} }: { preprocessor?: object; vision?: object }) {
  const { "preprocessor_config.json": first, "config.json": second } = files;
  return {
    "preprocessor_config.json": { ...first, ...preprocessor },
    "config.json": { ...second, vision_config: { ...second.vision_config, ...vision } },
  };
}

test("LLaVA-NeXT's settings", () => {
  expect(read("llava_next", LLAVA)).toEqual({
    family: "llava_next",
    tile: 336,
    side: 24,
    resolutions: [
      { width: 672, height: 336 },
      { width: 336, height: 672 },
      { width: 672, height: 672 },
      { width: 336, height: 1008 },
      { width: 1008, height: 336 },
    ],
    mean: MEAN,
    std: STD,
  });
});

test("Qwen2.5-VL's settings, in their older and newer form, and with what is usual left out", () => {
  const wanted = {
    family: "qwen2_5_vl",
    ...{ patch: 14, merge: 2, frames: 2, window: 4, minPixels: 3136, maxPixels: 1_003_520 },
    ...{ mean: MEAN, std: STD },
  };
  expect(read("qwen2_5_vl", QWEN)).toEqual(wanted);
  const size = { shortest_edge: 3136, longest_edge: 12845056 };
  const newer = changed(QWEN, { preprocessor: { min_pixels: null, max_pixels: null, size } });
  expect(read("qwen2_5_vl", newer)).toEqual(wanted);
  const { patch_size: _p, temporal_patch_size: _t, merge_size: _m, ...rest } = QWEN["preprocessor_config.json"];
  expect(read("qwen2_5_vl", { "preprocessor_config.json": rest, "config.json": { vision_config: {} } })).toEqual(
    wanted,
  );
  expect(read("qwen2_5_vl", QWEN, 50_000)).toEqual({ ...wanted, maxPixels: 50_000 });
  expect(read("qwen2_5_vl", QWEN, 1e9)).toEqual({ ...wanted, maxPixels: 12845056 });
});

test("other architectures have none", () => {
  expect(read("clip", LLAVA)).toBeUndefined();
});

describe("what would change a number is refused", () => {
  test.each<[string, object, RegExp]>([
    ["no center crop", { preprocessor: { do_center_crop: false } }, /do_center_crop is false; supported is true/],
    ["no padding", { preprocessor: { do_pad: false } }, /do_pad is false/],
    ["another filter", { preprocessor: { resample: 2 } }, /resample is 2/],
    ["another shortest edge", { preprocessor: { size: { shortest_edge: 224 } } }, /size is/],
    ["an oblong crop", { preprocessor: { crop_size: { height: 336, width: 224 } } }, /crop_size is/],
    ["no resolutions", { preprocessor: { image_grid_pinpoints: [] } }, /image_grid_pinpoints is/],
    [
      "a resolution of part of a tile",
      { preprocessor: { image_grid_pinpoints: [[336, 500]] } },
      /image_grid_pinpoints/,
    ],
    ["a tower for other tiles", { vision: { image_size: 224 } }, /image_size 224 and patch_size 14/],
    ["patches that do not fit", { vision: { patch_size: 13 } }, /image_size 336 and patch_size 13/],
  ])("LLaVA-NeXT: %s", (_, change, problem) => {
    expect(() => read("llava_next", changed(LLAVA, change))).toThrow(problem);
  });

  test.each<[string, object, RegExp]>([
    ["other patches than the tower's", { preprocessor: { patch_size: 16 } }, /not that of preprocessor_config/],
    ["no normalising", { preprocessor: { do_normalize: false } }, /do_normalize is false/],
    ["a fraction as patch", { preprocessor: { patch_size: 14.5 } }, /patch_size is 14.5/],
    ["windows of part of a token", { vision: { window_size: 100 } }, /window_size is no whole number/],
    ["no limit", { preprocessor: { max_pixels: undefined } }, /max_pixels/],
  ])("Qwen2.5-VL: %s", (_, change, problem) => {
    expect(() => read("qwen2_5_vl", changed(QWEN, change))).toThrow(problem);
  });

  test("a limit below that to which small pictures are scaled", () => {
    expect(() => read("qwen2_5_vl", QWEN, 3000)).toThrow(/maxScaledPixels must be at least 3136/);
  });

  test.each(["preprocessor_config.json", "config.json"])("a folder without %s", (name) => {
    const { [name as "config.json"]: _missing, ...rest } = LLAVA;
    expect(() => read("llava_next", rest)).toThrow(name);
  });
});
