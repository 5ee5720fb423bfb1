import { describe, expect, test } from "vitest";
import { folderOf } from "../../../../test/support/folders.js";
import { readImageSettings } from "./image-settings.js";

/** As CLIP's repositories have it. */
const CLIP = {
  crop_size: { height: 224, width: 224 },
  do_center_crop: true,
  do_convert_rgb: true,
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_processor_type: "CLIPImageProcessor",
  image_std: [0.26862954, 0.26130258, 0.27577711],
  resample: 3,
  rescale_factor: 0.00392156862745098,
  size: { shortest_edge: 224 },
};
const read = (settings: object) => readImageSettings(folderOf({ "preprocessor_config.json": settings }));

test("CLIP's settings, in their newer and their older form", () => {
  const wanted = { edge: 224, size: 224, mean: CLIP.image_mean, std: CLIP.image_std };
  expect(read(CLIP)).toEqual(wanted);
  const { image_mean, image_std } = CLIP;
  expect(read({ image_mean, image_std, size: 224, crop_size: 224, resample: 3, do_resize: true })).toEqual(wanted);
  expect(read({ ...CLIP, size: { shortest_edge: 256 } })).toEqual({ ...wanted, edge: 256 });
});

describe("what would change a pixel", () => {
  test.each<[string, object]>([
    ["do_resize", { do_resize: false }],
    ["do_center_crop", { do_center_crop: false }],
    ["do_convert_rgb", { do_convert_rgb: false }],
    ["do_normalize", { do_normalize: false }],
    ["do_rescale", { do_rescale: false }],
    ["do_pad", { do_pad: true }],
    ["resample", { resample: 2 }],
    ["rescale_factor", { rescale_factor: 1 }],
    ["size", { size: { height: 224, width: 224 } }],
    ["size", { size: { shortest_edge: 224, longest_edge: 448 } }],
    ["crop_size", { crop_size: { height: 224, width: 200 } }],
    ["crop_size", { crop_size: { height: 336, width: 336 } }],
  ])("%s is refused: %j", (name, change) => {
    expect(() => read({ ...CLIP, ...change })).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED_MODEL", message: expect.stringContaining(`${name} is`) }),
    );
  });
});

test("a broken or a missing file", () => {
  for (const change of [{ image_mean: [0, 0] }, { image_std: [1, 1, 0] }, { image_std: "x" }]) {
    expect(() => read({ ...CLIP, ...change })).toThrow(expect.objectContaining({ code: "MODEL_CORRUPT" }));
  }
  expect(() => readImageSettings(folderOf())).toThrow(expect.objectContaining({ code: "MODEL_NOT_FOUND" }));
});
