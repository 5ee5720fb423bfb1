"""Builds the int8 model of each package, or of those that are named, from fp32 weights."""

import json
import shutil
import sys

import onnx
from tokenizers import Tokenizer

import bert
import canaries
import reach
import weights
from paths import EMBEDDERS, PACKAGES, chosen, fp32, int8, source, target

FILES = ["config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"]
EMBEDDER_FILES = ["1_Pooling/config.json", "config_sentence_transformers.json", "modules.json", "sentence_bert_config.json"]


def build(name):
    config = json.loads((source(name) / "config.json").read_text("utf-8"))
    model = weights.read(fp32(name), config["num_attention_heads"])
    tokenizer = Tokenizer.from_file(str(source(name) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(config["max_position_embeddings"])
    seen = reach.observe(model, reach.calibration_rows(tokenizer, "classifier" in model))
    built = bert.build(model, seen)
    onnx.checker.check_model(built)
    for file in FILES + (EMBEDDER_FILES if name in EMBEDDERS else []):
        (target(name) / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source(name) / file, target(name) / file)
    for path in write_graph(built, int8(name)):
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
    for name in chosen(sys.argv[1:]):
        build(name)
        canaries.write(name)
