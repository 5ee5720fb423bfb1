"""CLIP (BGE-VL-base, -large): two graphs in one folder, so that who reads only texts opens no vision tower.

Vectors are projected but not normalised: that of a text with an image is the normalised sum of both.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnx import ModelProto
from tokenizers import Tokenizer
from transformers import CLIPModel

from check import BOUNDS, cosine, session_options
from check_texts import TEXTS
from clip_vision import vision_graph
from errors import ExportError
from facts import licence, ordered
from layout import SUFFIX, check_same_model, tokenizer_json, write_beside
from published import PUBLISHED
from rounding import ROUND
from source import Source
from tracing import trace
from weights import Weight, take_weights
from write import write

IMAGES = 3  # random ones, with which a vision graph is checked


@dataclass
class Result:
    """The least cosine between the written graphs and the torch model."""

    text: float
    image: float

    def __str__(self) -> str:
        return f"{len(TEXTS)} texts, alone and padded: least cosine {self.text:.7f}; {IMAGES} images: {self.image:.7f}"


class Text(torch.nn.Module):
    def __init__(self, model: CLIPModel):
        super().__init__()
        self.backbone = model

    def forward(self, input_ids, attention_mask):
        return self.backbone.get_text_features(input_ids=input_ids, attention_mask=attention_mask)


def export(source: Source, out: Path, options) -> Result:
    """Code that config.json names (auto_map) is not run: transformers' own class gives its vectors bit for bit."""
    if not source.has("preprocessor_config.json"):
        raise ExportError(f"{source.folder} has no preprocessor_config.json, which says how images are read: get it too.")
    facts = facts_of(source, options)
    check_same_model(out, source, facts)
    stage = out / "onnx" / f"clip{SUFFIX[options.dtype]}.failed"
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    tokenizer = tokenizer_json(source, stage / "tokenizer")
    model = CLIPModel.from_pretrained(source.folder, dtype=torch.float32, attn_implementation="eager").eval()
    ids = token_ids(tokenizer, facts["maxTokens"])
    size = model.config.vision_config.image_size
    pixels = torch.from_numpy(np.random.RandomState(0).standard_normal((IMAGES, 3, size, size)).astype(np.float32))
    text, inputs = Text(model).eval(), ["input_ids", "attention_mask"]
    traced = trace(text, inputs, {"text_embeds": {0: "batch"}})
    texts = written(traced, take_weights(traced, text, inputs), "text", stage, options)
    images = written(*vision_graph(model), "vision", stage, options)
    result = Result(check_texts(texts, model, ids), check_images(images, model, pixels))
    bound = BOUNDS[options.dtype]["vectors"]
    if not min(result.text, result.image) >= bound:
        raise ExportError(f"The written files differ from the torch model: {result}, below {bound}. They are kept in {stage}.")
    for file in stage.glob("*.onnx*"):
        os.replace(file, out / "onnx" / file.name)
    write_beside(out, source, tokenizer, facts)
    shutil.rmtree(stage)
    return result


def facts_of(source: Source, options) -> dict:
    config = source.config
    id = options.id or source.id
    row = {key: value for key, value in PUBLISHED.get(options.like or id or "", {}).items() if key != "family"}
    return ordered({
        "kind": "embedding",
        "architecture": "clip",
        "pooling": "last-token",
        "dimensions": config["projection_dim"],
        "maxTokens": config["text_config"].get("max_position_embeddings", 77),
        "queryInstruction": "",
        "output": "text_embeds",
        "imageOutput": "image_embeds",
        **licence(source),
        **({"id": id} if id else {}),
        **row,
        **(options.facts or {}),
    })


def written(graph: ModelProto, weights: dict[str, Weight], part: str, stage: Path, options) -> Path:
    weights = ROUND[options.dtype](graph, weights)
    path = stage / f"{part}_model{SUFFIX[options.dtype]}.onnx"
    write(graph, weights, path, options.external_data_above)
    return path


def token_ids(tokenizer: Path, most: int) -> list[list[int]]:
    """Cut as transformers does, with the end token last."""
    loaded = Tokenizer.from_file(str(tokenizer))
    loaded.no_padding()
    loaded.enable_truncation(most)
    return [loaded.encode(text).ids for text in TEXTS]


@torch.no_grad()
def check_texts(path: Path, model: CLIPModel, ids: list[list[int]]) -> float:
    session = onnxruntime.InferenceSession(str(path), session_options(), providers=["CPUExecutionProvider"])
    longest, least = max(map(len, ids)), 1.0
    for each in ids:
        expected = model.get_text_features(input_ids=torch.tensor([each]))[0].numpy()
        for padding in {0, longest - len(each)}:
            feed = {
                "input_ids": np.array([each + [each[-1]] * padding], np.int64),
                "attention_mask": np.array([[1] * len(each) + [0] * padding], np.int64),
            }
            least = min(least, cosine(session.run(None, feed)[0][0], expected))
    return float(least)


@torch.no_grad()
def check_images(path: Path, model: CLIPModel, pixels: torch.Tensor) -> float:
    session = onnxruntime.InferenceSession(str(path), session_options(), providers=["CPUExecutionProvider"])
    expected = model.get_image_features(pixel_values=pixels).numpy()
    together = session.run(None, {"pixel_values": pixels.numpy()})[0]
    alone = [session.run(None, {"pixel_values": pixels[at : at + 1].numpy()})[0][0] for at in range(len(pixels))]
    return float(min(cosine(got, wanted) for got, wanted in zip([*together, *alone], [*expected, *expected])))
