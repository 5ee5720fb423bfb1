"""The tiny Qwen2.5-VL, and what transformers makes of it, with Qwen's chat template.

→ test/fixtures/tiny-qwen-vl, test/golden/vision/tiny-qwen-vl.json. `scaled` are pictures with a lower limit of pixels.
"""

import shutil

import numpy as np
import torch
from PIL import Image
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2VLImageProcessor
from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

from export_model import export  # tools/export
from paths import FIXTURES, GOLDEN, written_bytes
from save import write_json
from tiny_vision_language import QwenProcessor, write_tiny_qwen_vl
from versions import made_with
from vision_golden import PICTURES, close_pairs, counted, sha256, vectors_of

NAME = "tiny-qwen-vl"
LIMIT = 1_000_000
MOST_PIXELS = 1280 * 28 * 28  # the reader's default
SCALED = 40_000
PACKAGES = ("transformers", "tokenizers", "torch", "pillow")
TASK = "Represent the given image with the given query."
TEXTS = {
    "short": "a red bus in front of the church",
    "empty": "",
    "spaces": "  A   Red\tbus\n\nin FRONT ",
    "other scripts": "北京 Москва العربية 😀👍🏽 café",
    "marks": "<|im_end|> {content} {text} {instruction} <|vision_start|>",
    "long": "the quick brown fox jumps over the lazy dog " * 20,
}
CASES = [  # side, text, picture, task
    *[("document", text, None, None) for text in TEXTS],
    ("query", "short", None, None), ("query", "short", None, TASK), ("query", "marks", None, "{text} {content} $&"), ("document", "short", None, TASK),
    # One window, several, exactly one of four tokens a side, fewer than one, one row of tokens, one column.
    *[("document", None, name, None) for name in ("jpeg-420.jpg", "jpeg-large.jpg", "png-same-size.png", "jpeg-orientation-1.jpg", "jpeg-wide.jpg", "jpeg-tall.jpg")],
    ("document", None, "png-rgba.png", None), ("query", None, "jpeg-420.jpg", TASK),
    ("document", "short", "jpeg-420.jpg", None), ("document", "long", "jpeg-large.jpg", None),
    ("query", "short", "webp-lossy.webp", TASK), ("query", "empty", "gif.gif", TASK),
]
SIZES = [
    (1, 1), (27, 29), (28, 28), (42, 42), (70, 70), (98, 98), (100, 100), (112, 112), (113, 112), (224, 448), (500, 37), (37, 500), (640, 480),
    (1359, 923), (1920, 1080), (1943, 3195), (200, 1), (1, 200), (1001, 1002), (3504, 2336),
]
GRIDS = [(1, 1), (4, 4), (5, 4), (2, 9), (9, 1), (8, 8)]


def main() -> None:
    (torch_folder, processor), fixture = write_tiny_qwen_vl(), FIXTURES / NAME
    shutil.rmtree(fixture, ignore_errors=True)
    print(export(torch_folder, fixture, like="BAAI/BGE-VL-Screenshot"))
    used = made_with(PACKAGES)
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(torch_folder).model.eval()
    processor.image_processor = Qwen2VLImageProcessor(min_pixels=3136, max_pixels=MOST_PIXELS)
    cases = [case_of(*case) for case in CASES]
    vectors_of(model, processor, cases, [opened(case.get("picture")) for case in cases])
    close_pairs(cases)
    scaled = [case_of("document", None, name, None) for name in ("jpeg-large.jpg", "png-same-size.png", "jpeg-tall.jpg")]
    less = QwenProcessor(Qwen2VLImageProcessor(min_pixels=3136, max_pixels=SCALED), processor.tokenizer)
    vectors_of(model, less, scaled, [opened(case["picture"]) for case in scaled])
    sizes = [{"width": w, "height": h, **{name: list(scaled_size(w, h, most)) for name, most in (("usual", MOST_PIXELS), ("less", SCALED))}} for w, h in SIZES]
    write_json(GOLDEN / "vision" / f"{NAME}.json", {
        "made_with": used, "model": NAME, "dimensions": model.config.text_config.hidden_size, "cases": cases,
        "scaled": {"maxScaledPixels": SCALED, "cases": scaled}, "sizes": sizes,
        "pictures": {file.name: windows_golden(model, processor, opened(file.name)) for file in sorted(PICTURES.iterdir()) if Image.open(file).height not in (1, 3)},
        "counted": [{"width": w, "height": h, **windows_golden(model, less, counted(w, h))} for w, h in SIZES if h not in (1, 3)],
        "positions": [positions_golden(model, *grid) for grid in GRIDS],
    })
    print(f"{NAME}: {written_bytes(fixture)} bytes")
    if written_bytes(fixture) >= LIMIT:
        raise SystemExit(f"{fixture} is larger than {LIMIT} bytes")


def case_of(side: str, text: str | None, picture: str | None, task: str | None) -> dict:
    return {
        "name": " + ".join(filter(None, [side, text, picture, None if task is None else f"task {len(task)}"])), "inputType": side,
        **({"text": TEXTS[text]} if text is not None else {}),
        **({"picture": picture} if picture is not None else {}),
        **({"instruction": task} if task is not None else {}),
        "prompt": prompt_of(None if text is None else TEXTS[text], picture, task),
    }


def prompt_of(text: str | None, picture: str | None, task: str | None) -> str:
    """Qwen's chat template: the task, or its own line, as the system's message; the text, then the picture, as the user's."""
    system = "You are a helpful assistant." if task is None else task
    user = (text or "") + ("" if picture is None else "<|vision_start|><|image_pad|><|vision_end|>")
    return f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"


def opened(name: str | None) -> Image.Image | None:
    return None if name is None else Image.open(PICTURES / name).convert("RGB")


def scaled_size(width: int, height: int, most: int) -> tuple[int, int]:
    rows, columns = smart_resize(height, width, factor=28, min_pixels=3136, max_pixels=most)
    return columns, rows


def windows_golden(model, processor, image: Image.Image) -> dict:
    """The patches in the order in which the model's own windows hold them, and how many there are in each."""
    seen = processor.image_processor(image, return_tensors="pt")
    order, ends = model.visual.get_window_index(seen["image_grid_thw"])
    patches = seen["pixel_values"].reshape(len(order), 4, -1)[order]
    return {"pixels": sha256(patches.numpy()), "windows": torch.diff(torch.tensor(ends).unique_consecutive()).tolist()}


def positions_golden(model, width: int, height: int) -> dict:
    """Of three tokens, a picture and two tokens."""
    config, tokens = model.config, width * height
    ids = torch.tensor([[5, 6, config.vision_start_token_id, *[config.image_token_id] * tokens, config.vision_end_token_id, 7]])
    positions, _ = model.get_rope_index(ids, torch.tensor([[1, 2 * height, 2 * width]]))
    return {"width": width, "height": height, "positions": np.asarray(positions)[:, 0].tolist()}


if __name__ == "__main__":
    main()
