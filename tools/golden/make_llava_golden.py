"""The tiny LLaVA-NeXT, and what transformers makes of it, with the prompts and the square of the models' own code.

→ test/fixtures/tiny-llava, test/golden/vision/tiny-llava.json. `native` are pictures that are not stretched to a square
first, which reaches the other grids and the padding.
"""

import shutil

import numpy as np
import torch
from PIL import Image
from transformers import LlavaNextForConditionalGeneration
from transformers.models.llava_next.modeling_llava_next import get_anyres_image_grid_shape

from export_model import export  # tools/export
from paths import FIXTURES, GOLDEN, written_bytes
from save import write_json
from tiny_vision_language import write_tiny_llava
from versions import made_with
from vision_golden import PICTURES, close_pairs, counted, sha256, vectors_of

NAME = "tiny-llava"
LIMIT = 1_000_000
PACKAGES = ("transformers", "tokenizers", "torch", "pillow")
TASK = "Retrieve the target image that best meets the combined criteria by using both the provided image and the image retrieval instructions: "
TEXTS = {
    "short": "a red bus in front of the church",
    "empty": "",
    "spaces": "  A   Red\tbus\n\nin FRONT ",
    "other scripts": "北京 Москва العربية 😀👍🏽 café",
    "marks": "[INST] {content} {text} {instruction} </s> [/INST]",
    "long": "the quick brown fox jumps over the lazy dog " * 20,
}
CASES = [  # side, text, picture, task
    *[("document", text, None, None) for text in TEXTS],
    ("query", "short", None, None), ("query", "short", None, TASK), ("query", "marks", None, "{text} {content} $&"),
    *[("document", None, name, None) for name in ("jpeg-420.jpg", "jpeg-wide.jpg", "png-rgba.png", "png-palette.png")],
    ("query", None, "jpeg-420.jpg", None), ("query", None, "jpeg-420.jpg", TASK),
    ("document", "short", "jpeg-420.jpg", None), ("document", "long", "jpeg-tall.jpg", None),
    ("query", "short", "jpeg-420.jpg", None), ("query", "short", "webp-lossy.webp", TASK), ("query", "empty", "gif.gif", TASK),
]
# Width and height: every grid, both paddings, ties, and sides that leave one row or column of padding.
SIZES = [
    (28, 28), (100, 100), (336, 336), (337, 336), (336, 337), (512, 512), (640, 480), (480, 640), (700, 466), (672, 336), (336, 672),
    (1008, 336), (336, 1008), (1000, 300), (300, 1000), (64, 512), (512, 64), (1280, 720), (720, 1280), (1359, 923), (671, 673), (37, 41), (1500, 90),
]
NATIVE = ["jpeg-420.jpg", "jpeg-large.jpg", "jpeg-tall.jpg", "jpeg-wide.jpg", "png-rgb.png"]


def main() -> None:
    (torch_folder, processor), fixture = write_tiny_llava(), FIXTURES / NAME
    shutil.rmtree(fixture, ignore_errors=True)
    print(export(torch_folder, fixture, like="BAAI/BGE-VL-v1.5-zs"))
    used = made_with(PACKAGES)
    model = LlavaNextForConditionalGeneration.from_pretrained(torch_folder).model.eval()
    cases = [case_of(*case) for case in CASES]
    vectors_of(model, processor, cases, [stretched(case.get("picture")) for case in cases])
    close_pairs(cases)
    native = [case_of("document", None, name, None) for name in NATIVE]
    vectors_of(model, processor, native, [Image.open(PICTURES / name).convert("RGB") for name in NATIVE])
    close_pairs(native)
    write_json(GOLDEN / "vision" / f"{NAME}.json", {
        "made_with": used, "model": NAME, "dimensions": model.config.text_config.hidden_size, "cases": cases, "native": native,
        "pictures": {file.name: sha256(pixels(processor, stretched(file.name))) for file in sorted(PICTURES.iterdir())},
        "sizes": [size_golden(model, processor, *size) for size in SIZES],
    })
    print(f"{NAME}: {written_bytes(fixture)} bytes")
    if written_bytes(fixture) >= LIMIT:
        raise SystemExit(f"{fixture} is larger than {LIMIT} bytes")


def case_of(side: str, text: str | None, picture: str | None, task: str | None) -> dict:
    parts = [side, text, picture, None if task is None else f"task {len(task)}"]
    return {
        "name": " + ".join(filter(None, parts)), "inputType": side,
        **({"text": TEXTS[text]} if text is not None else {}),
        **({"picture": picture} if picture is not None else {}),
        **({"instruction": task} if task is not None else {}),
        "prompt": prompt_of(side, None if text is None else TEXTS[text], picture, task),
    }


def prompt_of(side: str, text: str | None, picture: str | None, task: str | None) -> str:
    """The strings that the models' own `prepare_text_input` makes."""
    start = "[INST] " if side == "document" else "[INST] \n <instruct>  <query>" if task is None else f"[INST] \n <instruct> {task} <query> "
    return start + ("" if text is None else f" {text} \n") + ("" if picture is None else " <image>") + " [/INST]"


def stretched(name: str | None) -> Image.Image | None:
    return None if name is None else Image.open(PICTURES / name).resize((512, 512)).convert("RGB")


def pixels(processor, image: Image.Image) -> np.ndarray:
    return processor.image_processor(image, return_tensors="np")["pixel_values"][0]


def size_golden(model, processor, width: int, height: int) -> dict:
    tiles = pixels(processor, counted(width, height))
    return {"width": width, "height": height, "tiles": len(tiles), "pixels": sha256(tiles), "rows": sha256(rows_of(model, width, height, len(tiles)))}


def rows_of(model, width: int, height: int, tiles: int) -> np.ndarray:
    """Which features a picture takes, from the model's own packing of their numbers."""
    config = model.config
    side = config.vision_config.image_size // config.vision_config.patch_size
    assert np.prod(get_anyres_image_grid_shape((height, width), config.image_grid_pinpoints, config.vision_config.image_size)) + 1 == tiles
    numbers = torch.arange(tiles * side * side, dtype=torch.float64).reshape(tiles, side * side, 1)
    [packed], _ = model.pack_image_features([numbers], torch.tensor([[height, width]]), "default", torch.tensor([float(tiles * side * side)], dtype=torch.float64))
    return packed[:, 0].numpy().astype("<i4")


if __name__ == "__main__":
    main()
