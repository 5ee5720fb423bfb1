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
    for path in write_graph(built, target / "onnx/model_quantized.onnx"):
        print(f"{path.relative_to(PACKAGES.parent)}: {path.stat().st_size:,} bytes")


def write_graph(built, path):
    """The graph, and its large constants in a file that the runtime maps into memory: no copy of them is parsed, and workers share it."""
    data = path.with_name(path.name + "_data")
    path.parent.mkdir(parents=True, exist_ok=True)
    data.unlink(missing_ok=True)
    onnx.external_data_helper.convert_model_to_external_data(built, location=data.name, size_threshold=4096)
    onnx.save_model(built, str(path))
    return path, data


if __name__ == "__main__":
    for name in NAMES:
        target = PACKAGES / f"model-{name}" / "model"
        build(name, target)
        canaries.write(name, target)
