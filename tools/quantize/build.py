"""Builds the int8 model of each package, or of those that are named, from fp32 weights."""

import json
import shutil
import sys

import numpy as np
import onnx
from tokenizers import Tokenizer

import bert
import calibration_pairs
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
    for file in FILES + (EMBEDDER_FILES if name in EMBEDDERS else []):
        (target(name) / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source(name) / file, target(name) / file)
    written = write_graph(bert.build(model, seen), int8(name))
    if "classifier" in model:
        weight, offset = model["classifier"]
        model["classifier"] = weight, (offset + shift(name)).astype(offset.dtype)
        written = write_graph(bert.build(model, seen), int8(name))
    for path in written:
        print(f"{path.relative_to(PACKAGES.parent)}: {path.stat().st_size:,} bytes")


def shift(name):
    """How much rounding has lowered the logits of the calibration pairs, in the mean: nearly the same for all, so the bias takes it back."""
    pairs = calibration_pairs.pairs(np.random.default_rng(0))
    exact, rounded = canaries.logits(name, pairs)
    print(f"{name}: int8 logits of {len(pairs)} pairs are {(rounded - exact).mean():+.3f} apart in the mean, by {(rounded - exact).std():.3f}, before their bias is corrected")
    return (exact - rounded).mean()


def write_graph(built, path):
    """Checks it. The graph, and its large constants in a file that the runtime maps into memory: no copy of them is parsed, and workers share it."""
    onnx.checker.check_model(built)
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
