"""Exports one graph of a model into a folder that bge-js reads, and checks it before it counts as written."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

import check
import clip
import vision_language
from errors import ExportError
from facts import facts_of
from families import Family, recognise
from layout import SUFFIX, check_same_model, graph_name, tokenizer_json, write_beside
from published import PUBLISHED
from rounding import ROUND
from source import Source, open_source
from tracing import trace
from weights import take_weights
from write import EXTERNAL_ABOVE, write


@dataclass
class Options:
    dtype: str = "fp32"
    cutoff_layer: int | None = None
    hidden_states: bool = False
    id: str | None = None
    like: str | None = None
    pooling: str | None = None
    facts: dict | None = None
    external_data_above: int = EXTERNAL_ABOVE
    tokenizer: Tokenizer | None = None


def export(
    model: Path | str, out: Path, dtype: str = "fp32", cutoff_layer: int | None = None, hidden_states: bool = False,
    id: str | None = None, *, like: str | None = None, pooling: str | None = None, facts: dict | None = None,
    external_data_above: int = EXTERNAL_ABOVE, revision: str | None = None,
) -> check.Result:
    """Writes `out/onnx/<graph>` and the files beside it; returns how far it is from the torch model.

    `facts` are keys of bge.json that go before everything else. An `ExportError` says what cannot be exported, or that
    the written file did not pass; it is then kept in the folder `onnx/<graph>.failed` and nowhere else.
    """
    options = Options(dtype, cutoff_layer, hidden_states, id, like, pooling, facts, external_data_above)
    source, out = open_source(model, revision), Path(out)
    if source.config.get("model_type") == "clip":
        if cutoff_layer is not None or hidden_states or pooling:
            raise ExportError("--cutoff-layer, --hidden-states and --pooling are not for CLIP models.")
        return clip.export(source, out, options)
    if source.config.get("model_type") in vision_language.FAMILIES:
        if cutoff_layer is not None or hidden_states or pooling:
            raise ExportError("--cutoff-layer, --hidden-states and --pooling are not for vision language models.")
        return vision_language.export(source, out, options)
    family = recognise(source, PUBLISHED.get(like or id or source.id or "", {}).get("family"))
    check_options(family, options)
    facts = facts_of(source, family, options)
    check_same_model(out, source, facts)
    stage = out / "onnx" / f"{graph_name(dtype, cutoff_layer)}.failed"
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    try:
        tokenizer = tokenizer_json(source, stage / "tokenizer")
        options.tokenizer = Tokenizer.from_file(str(tokenizer))
        result = write_and_check(source, family, options, facts["maxTokens"], stage)
        for file in stage.glob("*.onnx*"):
            os.replace(file, out / "onnx" / file.name)
        write_beside(out, source, tokenizer, facts)
    except BaseException:
        remove_empty(stage)
        raise
    shutil.rmtree(stage)
    return result


def check_options(family: Family, options: Options) -> None:
    if options.dtype not in SUFFIX:
        raise ExportError(f"--dtype {options.dtype}: it is one of {', '.join(SUFFIX)}.")
    if options.cutoff_layer is not None and family.name != "layerwise":
        raise ExportError(f"--cutoff-layer is for layerwise rerankers; this model is of the family {family.name}.")
    if options.hidden_states and family.name not in ("decoder", "encoder"):
        raise ExportError(f"--hidden-states is for embedders with one output; this model is of the family {family.name}.")


def write_and_check(source: Source, family: Family, options: Options, max_tokens: int, stage: Path) -> check.Result:
    """The torch model is gone before the written file is loaded, so that both are never in memory."""
    path = stage / graph_name(options.dtype, options.cutoff_layer)
    config = source.config
    inputs = ["input_ids", "attention_mask"] + (["token_type_ids"] if config["model_type"] == "bert" else [])
    ids = check.inputs_of(options.tokenizer, family, max_tokens)
    model = family.head.load(source, options)
    expected = check.reference(family, model, inputs, ids, options)
    module = family.head.graph(model, options).eval()
    del model
    graph = trace(module, inputs, {name: axes for name, (_, axes) in family.head.outputs(options).items()})
    weights = ROUND[options.dtype](graph, take_weights(graph, module, inputs))
    write(graph, weights, path, options.external_data_above)
    del module, graph, weights
    result = check.check(path, family, inputs, ids, expected, config.get("pad_token_id") or 0, options)
    if failures := result.failures():
        raise ExportError(f"The written file differs from the torch model: {'; '.join(failures)}. It is kept in {path.parent}.")
    return result


def remove_empty(stage: Path) -> None:
    """What failed before anything was written leaves no folders."""
    shutil.rmtree(stage / "tokenizer", ignore_errors=True)
    for folder in (stage, stage.parent, stage.parent.parent):
        if any(folder.iterdir()):
            return
        folder.rmdir()
