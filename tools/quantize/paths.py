"""Which models are built, from where and to where."""

import os
from pathlib import Path

NAMES = ["bge-small-en-v1.5", "bge-small-zh-v1.5"]
PACKAGES = Path(__file__).resolve().parents[2] / "packages"


def models():
    return Path(os.environ.get("BGE_JS_MODELS", Path.home() / ".cache/bge-js/reference-models"))
