"""Writes JSON, so that the same content always gives the same bytes."""

import base64
import gzip
import json
from pathlib import Path

import numpy as np


def write_json(path: Path, value: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def write_json_gz(path: Path, value: dict) -> None:
    """Compact and gzipped; no time stamp and no file name in the header."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode("utf-8"), 9, mtime=0))


def float32_base64(vector: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(vector, dtype="<f4").tobytes()).decode("ascii")
