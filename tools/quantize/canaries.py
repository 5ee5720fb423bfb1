"""Writes a model folder's canaries: short texts with their fp32 vectors, or pairs with their fp32 logits, and how near the int8 file came on this machine."""

import base64
import json
import sys

import numpy as np

from encoder import Encoder
from paths import EMBEDDERS, PACKAGES, chosen, fp32, int8, source, target

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

PAIRS = [
    ("what do pandas eat", "The giant panda is a bear that lives in the mountains of China and eats bamboo."),
    ("what is a panda?", "Books from the library are lent for four weeks and may be renewed twice."),
    ("add two numbers", "def add(a, b):\n    return a + b"),
    ("invoice 2023/417", "Invoice 2023/418 of 29 February 2024 is overdue: $1,000.00 (50% of the sum)."),
    ("where is the library", "\u00bfD\u00f3nde est\u00e1 la biblioteca? \U0001f600"),
    ("a", ""),
]

# A reader warns under cosine 0.995. What the int8 file costs by itself must leave room for that, so a text that comes less near is none.
LEAST = 0.998


def encoder(name, file):
    return Encoder(file, source(name) / "tokenizer.json")


def of_texts(name, texts):
    """Vectors in float16, and the cosines of the int8 file's to them."""
    reference = encoder(name, fp32(name)).vectors(texts).astype("<f2")
    exact = reference.astype(np.float64)
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    cosines = (exact * encoder(name, int8(name)).vectors(texts)).sum(axis=1)
    if cosines.min() < LEAST:
        raise SystemExit(f"{name}: {texts[int(cosines.argmin())]!r} has cosine {cosines.min():.5f}; choose another text")
    entries = [
        {"text": text, "vector": base64.b64encode(vector.tobytes()).decode("ascii"), "cosine": {"int8": round(float(cosine), 5)}}
        for text, vector, cosine in zip(texts, reference, cosines)
    ]
    content = {"pooling": "cls", "encoding": "float16", "texts": entries}
    return content, f"cosines {cosines.min():.5f} to {cosines.max():.5f}"


def logits(name, pairs):
    """The pairs' logits by the fp32 file and by the int8 file."""
    return tuple(encoder(name, file).logits(pairs) for file in (fp32(name), int8(name)))


def of_pairs(name, pairs):
    """Logits, and the cosine of the int8 file's to them, all taken as one vector."""
    exact, rounded = (found.astype(np.float64) for found in logits(name, pairs))
    cosine = float(exact @ rounded / np.linalg.norm(exact) / np.linalg.norm(rounded))
    if cosine < LEAST:
        raise SystemExit(f"{name}: its logits have cosine {cosine:.5f}: {exact} in fp32, {rounded} in int8")
    entries = [{"query": query, "document": text, "logit": round(float(logit), 5)} for (query, text), logit in zip(pairs, exact)]
    apart = ", ".join(f"{one - other:+.2f}" for one, other in zip(rounded, exact))
    return {"pairs": entries, "cosine": {"int8": round(cosine, 5)}}, f"cosine {cosine:.5f}, logits apart by {apart}"


def write(name):
    content, found = of_texts(name, TEXTS[name]) if name in EMBEDDERS else of_pairs(name, PAIRS)
    path = target(name) / "canaries.json"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"{path.relative_to(PACKAGES.parent)}: {path.stat().st_size:,} bytes, {found}")


if __name__ == "__main__":
    for name in chosen(sys.argv[1:]):
        write(name)
