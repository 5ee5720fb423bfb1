"""Builds the int8 model of each package from the published fp32 weights."""

import json
import shutil

import onnx
from tokenizers import Tokenizer

import bert
import canaries
import reach
import weights
from paths import NAMES, PACKAGES, models

FILES = [
    "1_Pooling/config.json",
    "config.json",
    "config_sentence_transformers.json",
    "modules.json",
    "sentence_bert_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
]


def build(name, target):
    source = models() / name
    config = json.loads((source / "config.json").read_text("utf-8"))
    model = weights.read(source / "onnx/model.onnx", config["num_attention_heads"])
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(config["max_position_embeddings"])
    seen = reach.observe(model, reach.calibration_ids(tokenizer))
    built = bert.build(model, seen)
    onnx.checker.check_model(built)
    for file in FILES:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / file, target / file)
    path = target / "onnx/model_quantized.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(built.SerializeToString(deterministic=True))
    print(f"{path.relative_to(PACKAGES.parent)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    for name in NAMES:
        target = PACKAGES / f"model-{name}" / "model"
        build(name, target)
        canaries.write(name, target)
