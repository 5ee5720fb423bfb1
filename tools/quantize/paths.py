"""Which models are built, from where and to where."""

import os
from pathlib import Path

PACKAGES = Path(__file__).resolve().parents[2] / "packages"
CACHE = Path.home() / ".cache/bge-js"
EMBEDDERS = ["bge-small-en-v1.5", "bge-small-zh-v1.5"]
# Trained by tools/train, which writes its fp32 folder.
RERANKER = "reranker-small-en"
NAMES = [*EMBEDDERS, RERANKER]


def source(name):
    """The folder with a model's fp32 file, tokenizer and configuration."""
    if name == RERANKER:
        return Path(os.environ.get("BGE_JS_TRAIN_CACHE", CACHE / "train")) / name
    return Path(os.environ.get("BGE_JS_MODELS", CACHE / "reference-models")) / name


def target(name):
    return PACKAGES / f"model-{name}" / "model"


def chosen(names):
    """The models that were named; or, where none was, those whose fp32 file is there."""
    for name in names:
        if name not in NAMES:
            raise SystemExit(f"{name} is none of {', '.join(NAMES)}")
        if not fp32(name).exists():
            raise SystemExit(f"{name}: there is no {fp32(name)}")
    there = [name for name in NAMES if fp32(name).exists()]
    for name in NAMES:
        if not names and name not in there:
            print(f"{name} is left out: there is no {fp32(name)}", flush=True)
    return names or there


def fp32(name):
    return source(name) / "onnx/model.onnx"


def int8(name):
    return target(name) / "onnx/model_quantized.onnx"
