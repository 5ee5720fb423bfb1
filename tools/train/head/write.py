"""Writes token-weights.bin: a line of JSON, a line feed, then one byte for each word piece; its weight is byte / 16."""

import hashlib
import json

import numpy as np

from idf import PIECES, SETS
from paths import CACHE, EMBEDDER
from table import STEPS, weights

SAME_PIECE_BONUS = 0.06


def main():
    table = np.round(weights() * STEPS).astype(np.uint8)
    assert table.shape == (PIECES,)
    header = {
        "format": "bge-js token weights",
        "version": 1,
        "pieces": PIECES,
        "type": "uint8",
        "weight": f"byte / {STEPS}",
        "samePieceBonus": SAME_PIECE_BONUS,
        "tokenizer": hashlib.sha256((EMBEDDER / "tokenizer.json").read_bytes()).hexdigest(),
        "from": [f"{name} (documents)" for name in SETS],
    }
    folder = CACHE / "head"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "token-weights.bin"
    file.write_bytes(json.dumps(header).encode() + b"\n" + table.tobytes())
    print(f"{file}: {file.stat().st_size} bytes, sha256 {hashlib.sha256(file.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
