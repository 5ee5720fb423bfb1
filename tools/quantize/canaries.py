"""Writes a model folder's canaries: short texts with their fp32 vectors, and how near the int8 file came on this machine."""

import base64
import json

import numpy as np

from encoder import Encoder
from paths import NAMES, PACKAGES, models

# Of the model's language: a word, a text of 15 and one of 35 tokens, and another language with a rare sign. Few, since every load runs them.
TEXTS = {
    "bge-small-en-v1.5": [
        "cat",
        "def add(a, b):\n    return a + b",
        "Invoice 2023/417 of 29 February 2024 is overdue: $1,000.00 (50% of the sum).",
        "\u00bfD\u00f3nde est\u00e1 la biblioteca? \U0001f600",
    ],
    "bge-small-zh-v1.5": [
        "\u732b",
        "\u6211\u60f3\u9000\u6b3e\uff0c\u8bf7\u5e2e\u5fd9\u5904\u7406\u4e00\u4e0b\u3002",
        "\u6253\u5f00 settings.json \u6587\u4ef6, 2024\u5e743\u67081\u65e5, 50%",
        "hello world \U0001f600",
    ],
}

# A reader warns under 0.995. What the int8 file costs by itself must leave room for that, so a text that comes less near is none.
LEAST = 0.998


def vectors(model, tokenizer, texts):
    return Encoder(model, tokenizer).vectors(texts)


def write(name, target):
    texts = TEXTS[name]
    tokenizer = target / "tokenizer.json"
    reference = vectors(models() / name / "onnx/model.onnx", tokenizer, texts).astype("<f2")
    exact = reference.astype(np.float64)
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    cosines = (exact * vectors(target / "onnx/model_quantized.onnx", tokenizer, texts)).sum(axis=1)
    if cosines.min() < LEAST:
        raise SystemExit(f"{name}: {texts[int(cosines.argmin())]!r} has cosine {cosines.min():.5f}; choose another text")
    entries = [
        {"text": text, "vector": base64.b64encode(vector.tobytes()).decode("ascii"), "cosine": {"int8": round(float(cosine), 5)}}
        for text, vector, cosine in zip(texts, reference, cosines)
    ]
    path = target / "canaries.json"
    path.write_text(json.dumps({"pooling": "cls", "encoding": "float16", "texts": entries}, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"{path.relative_to(PACKAGES.parent)}: {path.stat().st_size:,} bytes, cosines {cosines.min():.5f} to {cosines.max():.5f}")


if __name__ == "__main__":
    for name in NAMES:
        write(name, PACKAGES / f"model-{name}" / "model")
