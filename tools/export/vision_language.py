"""Vision language models (BGE-VL-v1.5, -MLLM, -Screenshot): a graph for what they see, and one that reads it among tokens.

The second graph takes, for each token, the row of the first one's output that stands in its place, counted from 1; 0 is a
token of the text. So the reader decides how tiles and windows become a sequence, which no traced graph could.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch

import llava_next
import qwen2_5_vl
from check import BOUNDS, cosine, session_options
from errors import ExportError
from facts import licence, ordered
from layout import SUFFIX, check_same_model, tokenizer_json, write_beside
from masks import masks_of
from published import PUBLISHED
from rounding import ROUND
from source import Source
from tracing import TOKENS, trace
from vision_case import Case
from weights import take_weights
from write import write

# What differs, by model_type: `model_class`, `vision` and its `example`, `cases`, and `GRID`: whether tokens have a row and a column.
FAMILIES = {"llava_next": llava_next, "qwen2_5_vl": qwen2_5_vl}
LANGUAGE, VISION = "language_model", "vision_model"
POSITIONS = "position_ids"


@dataclass
class Result:
    """The least cosine between the joined graphs and the torch model."""

    cases: int
    least: float

    def __str__(self) -> str:
        return f"{self.cases} prompts, with and without a picture: least cosine {self.least:.7f}"


class Language(torch.nn.Module):
    """A language model whose tokens may be features of a picture; gives the last token's state."""

    def __init__(self, model, grid: bool):
        super().__init__()
        self.backbone, self.grid = model.language_model, grid

    def forward(self, input_ids, image_features, image_rows, position_ids=None):
        seen = image_features[(image_rows - 1).clamp(min=0)]
        embeds = torch.where((image_rows > 0)[..., None], seen, self.backbone.embed_tokens(input_ids))
        masks = masks_of(self.backbone.config, torch.ones_like(input_ids))
        more = {"position_ids": position_ids} if self.grid else {}
        hidden = self.backbone(inputs_embeds=embeds, attention_mask=masks, use_cache=False, **more).last_hidden_state
        return hidden[:, -1]


def export(source: Source, out: Path, options) -> Result:
    """Code that config.json names (auto_map) is not run: its classes only return the hidden state that transformers' own compute."""
    family = FAMILIES[source.config["model_type"]]
    if not source.has("preprocessor_config.json"):
        raise ExportError(f"{source.folder} has no preprocessor_config.json, which says how images are read: get it too.")
    facts = facts_of(source, options)
    check_same_model(out, source, facts)
    model = load(source, family)
    stage = out / "onnx" / f"vision_language{SUFFIX[options.dtype]}.failed"
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    tokenizer = tokenizer_json(source, stage / "tokenizer")
    cases = family.cases(model)
    with torch.no_grad():
        expected = [model(input_ids=torch.from_numpy(case.ids), use_cache=False, **case.torch_inputs).last_hidden_state[0, -1].numpy() for case in cases]
    vision = written(family.vision(model), family.example(model), "image_features", {0: "features"}, stage / f"{VISION}{SUFFIX[options.dtype]}.onnx", options)
    language = written(Language(model, family.GRID), language_example(model, family.GRID), "dense", {0: "batch"}, stage / f"{LANGUAGE}{SUFFIX[options.dtype]}.onnx", options)
    del model
    result = Result(len(cases), check(vision, language, cases, expected))
    bound = BOUNDS[options.dtype]["vectors"]
    if not result.least >= bound:
        raise ExportError(f"The written files differ from the torch model: {result}, below {bound}. They are kept in {stage}.")
    for file in stage.glob("*.onnx*"):
        os.replace(file, out / "onnx" / file.name)
    write_beside(out, source, tokenizer, facts)
    shutil.rmtree(stage)
    return result


def load(source: Source, family):
    """Every weight must be in the files: transformers fills a missing one with random numbers."""
    model, told = family.model_class.from_pretrained(
        source.folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True,
    )
    missing = sorted(name for name in told["missing_keys"] if not name.startswith("lm_head"))
    if missing:
        raise ExportError(f"{source.folder} lacks weights of the model: {', '.join(missing[:5])}.")
    return model.model.eval()


def facts_of(source: Source, options) -> dict:
    config = source.config
    id = options.id or source.id
    text = FAMILIES[config["model_type"]].model_class.config_class.from_pretrained(source.folder).get_text_config()
    row = {key: value for key, value in PUBLISHED.get(options.like or id or "", {}).items() if key != "family"}
    facts = {
        "kind": "embedding",
        "architecture": config["model_type"],
        "pooling": "last-token",
        "dimensions": text.hidden_size,
        "maxTokens": text.max_position_embeddings,
        "defaultMaxTokens": min(DEFAULT_MAX_TOKENS, text.max_position_embeddings),
        "queryInstruction": "",
        "output": "dense",
        **licence(source),
        **({"id": id} if id else {}),
        **row,
        **(options.facts or {}),
    }
    if "vision" not in facts:
        raise ExportError("Which prompts this model was trained with, no file says: give --id or --like with a published one.")
    return ordered(facts)


DEFAULT_MAX_TOKENS = 2048  # ours: the reference cuts nothing, in memory that grows with the square


def language_example(model, grid: bool) -> dict:
    """By input, a tensor like it and its axes of any length."""
    ids = torch.ones((1, 8), dtype=torch.int64)
    width = model.language_model.config.hidden_size
    return {
        "input_ids": (ids, TOKENS),
        "image_features": (torch.zeros((4, width)), {0: "features"}),
        "image_rows": (torch.tensor([[0, 1, 2, 3, 4, 0, 0, 0]]), TOKENS),
        **({POSITIONS: (torch.arange(8).expand(3, 1, 8).contiguous(), {1: "batch", 2: "tokens"})} if grid else {}),
    }


def written(module, examples: dict, output: str, axes: dict, path: Path, options) -> Path:
    graph = trace(module.eval(), list(examples), {output: axes}, examples=examples)
    weights = ROUND[options.dtype](graph, take_weights(graph, module, list(examples)))
    write(graph, weights, path, options.external_data_above)
    return path


def check(vision: Path, language: Path, cases: list[Case], expected: list[np.ndarray]) -> float:
    sees, reads = (onnxruntime.InferenceSession(str(path), session_options(), providers=["CPUExecutionProvider"]) for path in (vision, language))
    least = 1.0
    for case, wanted in zip(cases, expected, strict=True):
        features = sees.run(None, case.vision)[0] if case.vision else np.zeros((1, len(wanted)), np.float32)
        more = {} if case.positions is None else {POSITIONS: case.positions}
        feed = {"input_ids": case.ids, "image_features": features, "image_rows": case.rows, **more}
        least = min(least, cosine(reads.run(None, feed)[0][0], wanted))
    return float(least)
