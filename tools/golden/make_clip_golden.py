"""The tiny CLIP, the pictures, and what Pillow and transformers make of them: test/fixtures and test/golden.

Images go through `Image.open(..).convert("RGB")` and CLIPImageProcessor, texts through CLIPTokenizerFast; a text with an
image is the normalised sum of both, as in the reference's `encode`.
"""

import base64
import hashlib
import shutil
from importlib.metadata import version

import numpy as np
import torch
from PIL import Image, ImageOps
from tokenizers import Tokenizer
from transformers import CLIPImageProcessor, CLIPModel, CLIPTokenizerFast

from export_model import export  # tools/export
from paths import FIXTURES, GOLDEN, written_bytes
from pictures import PICTURES, write_pictures
from save import float32_base64, write_json, write_json_gz
from strings import strings
from tiny_clip import write_tiny_clip
from versions import made_with

SIZE = 224
LIMIT = 1_000_000
PACKAGES = ("transformers", "tokenizers", "torch", "pillow")
SEED = 20300
# Widths and heights of pictures made of counted numbers: what a resampler meets, without any decoder.
SIZES = [
    (1, 1), (1, 2), (2, 1), (3, 3), (1, 500), (500, 1), (223, 223), (224, 224), (225, 224), (224, 225), (226, 300), (300, 226),
    (448, 448), (449, 447), (640, 480), (480, 640), (1000, 37), (37, 1000), (1920, 1080), (3504, 2336), (7, 4000), (4001, 5),
]
TEXTS = {
    "short": "a red bus in front of the church",
    "empty": "",
    "spaces": "  A   Red\tbus\n\nin FRONT ",
    "digits": "route 1234, gate 7b: it's 9:45 and they'll wait",
    "accents": "café naïve Ärger e\u0301tude",
    "other scripts": "北京 Москва العربية 😀👍🏽",
    "end token inside": "a cat <|endoftext|> and a dog",
    "long": "the quick brown fox jumps over the lazy dog " * 20,
    "exactly full": "a " * 75,
    "one too many": "a " * 76,
}
CASES = [  # text, picture
    *[(name, None) for name in TEXTS],
    *[(None, name) for name in ("jpeg-420.jpg", "jpeg-cmyk.jpg", "jpeg-tall.jpg", "png-rgba.png", "png-bilevel.png", "gif-transparent.gif", "webp-lossy.webp")],
    ("short", "jpeg-420.jpg"), ("short", "png-palette.png"), ("empty", "jpeg-420.jpg"), ("long", "jpeg-wide.jpg"),
]


def main() -> None:
    torch_folder, fixture = write_tiny_clip(), FIXTURES / "tiny-clip"
    shutil.rmtree(fixture, ignore_errors=True)
    export(torch_folder, fixture)
    files = write_pictures()
    write_json(GOLDEN / "clip" / "pictures.json", {
        "made_with": {"pillow": version("pillow")},
        "size": SIZE,
        "files": {file.name: picture_golden(file) for file in files},
        "resampled": [{"width": w, "height": h, "sha256": sha256(cropped(counted(w, h)))} for w, h in SIZES],
    })
    write_json(GOLDEN / "clip" / "tiny-clip.json", vectors(torch_folder))
    write_tokens(fixture)
    for folder in (fixture, PICTURES):
        print(f"{folder.name}: {written_bytes(folder)} bytes")
        if written_bytes(folder) >= LIMIT:
            raise SystemExit(f"{folder} is larger than {LIMIT} bytes")


def picture_golden(file) -> dict:
    image = Image.open(file)
    rgb = image.convert("RGB")
    oriented = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
    return {
        "mode": image.mode, "width": rgb.width, "height": rgb.height,
        "rgb": sha256(np.asarray(rgb)), "pixels": sha256(cropped(rgb)),
        **({"oriented": sha256(cropped(oriented))} if image.getexif().get(0x0112, 1) != 1 else {}),
    }


def cropped(image: Image.Image) -> np.ndarray:
    """CLIPImageProcessor's resize and centre crop, by Pillow alone: the processor takes a height of 1 or 3 for channels."""
    width, height = image.size
    short, long = min(width, height), max(width, height)
    other = int(SIZE * long / short)
    size = (SIZE, other) if width <= height else (other, SIZE)
    # The whole picture, but only the rows and columns that are kept: the same numbers, in less memory.
    left, top = (size[0] - SIZE) // 2, (size[1] - SIZE) // 2
    resized = image.resize(size, Image.Resampling.BICUBIC)
    return np.asarray(resized)[top : top + SIZE, left : left + SIZE]


def counted(width: int, height: int) -> Image.Image:
    """Numbers that any language can count: 32 bits of a product, the top 8 of them."""
    index = np.arange(width * height * 3, dtype=np.uint64)
    values = ((index * np.uint64(2654435761) + np.uint64(12345)) & np.uint64(0xFFFFFFFF)) >> np.uint64(24)
    return Image.fromarray(values.astype(np.uint8).reshape(height, width, 3))


def sha256(values: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


@torch.no_grad()
def vectors(folder) -> dict:
    used = made_with(PACKAGES)
    model = CLIPModel.from_pretrained(folder).eval()
    processor, tokenizer = CLIPImageProcessor.from_pretrained(folder), CLIPTokenizerFast.from_pretrained(folder)
    images = {name: Image.open(PICTURES / name).convert("RGB") for name in sorted({name for _, name in CASES if name})}
    for name, image in images.items():
        check_processor(processor, image, name)
    cases = []
    for text, picture in CASES:
        sum, extra = 0, {}
        if text is not None:
            whole = tokenizer(TEXTS[text])["input_ids"]
            cut = tokenizer(TEXTS[text], truncation=True, max_length=77, return_tensors="pt")
            sum = model.get_text_features(**cut)[0].numpy()
            extra = {"text": TEXTS[text], "tokens": len(whole), "kept": cut["input_ids"].shape[1]}
        if picture is not None:
            pixels = processor(images[picture], return_tensors="pt")["pixel_values"]
            sum = sum + model.get_image_features(pixel_values=pixels)[0].numpy()
            extra["picture"] = picture
        vector = sum / max(np.linalg.norm(sum), 1e-12)
        cases.append({"name": " + ".join(filter(None, (text, picture))), **extra, "vector": float32_base64(vector)})
    check_spread(cases)
    return {"made_with": used, "model": "tiny-clip", "dimensions": model.config.projection_dim, "cases": cases}


def check_processor(processor, image: Image.Image, name: str) -> None:
    """The golden pixels are those of the processor itself."""
    mean, std = np.array(processor.image_mean, np.float32), np.array(processor.image_std, np.float32)
    ours = (cropped(image) * (1 / 255)).astype(np.float32)
    ours = ((ours - mean) / std).transpose(2, 0, 1)
    theirs = processor(image, return_tensors="np")["pixel_values"][0]
    if not np.array_equal(ours, theirs):
        raise SystemExit(f"{name}: not the processor's pixels, by {np.abs(ours - theirs).max()}")


def check_spread(cases: list[dict]) -> None:
    """A model that gives much the same vector for everything would hide a fault."""
    rows = np.stack([np.frombuffer(base64.b64decode(case["vector"]), "<f4") for case in cases])
    close = [(cases[i]["name"], cases[j]["name"], float(rows[i] @ rows[j])) for i in range(len(rows)) for j in range(i) if rows[i] @ rows[j] > 0.999]
    print(f"pairs of cases above a cosine of 0.999: {close}")


def write_tokens(folder) -> None:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = [*TEXTS.values(), *strings(1500, SEED)]
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    made = {"made_with": {"tokenizers": version("tokenizers"), "seed": SEED}}
    write_json_gz(GOLDEN / "tokens-tiny-clip.json.gz", {**made, "texts": texts, "ids": ids})


if __name__ == "__main__":
    main()
