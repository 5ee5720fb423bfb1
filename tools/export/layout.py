"""The output folder: names of the graph files, and the files beside them."""

import json
import re
import shutil
from pathlib import Path, PurePosixPath

from transformers import AutoTokenizer

from errors import ExportError
from facts import ordered
from source import Source

SUFFIX = {"fp32": "", "fp16": "_fp16", "int8": "_quantized"}
COPIED = [
    "config.json", "tokenizer_config.json", "special_tokens_map.json", "modules.json",
    "config_sentence_transformers.json", "sentence_bert_config.json", "preprocessor_config.json",
]
TERMS = re.compile(r"(licen[cs]e|notice)(\.(md|txt))?", re.IGNORECASE)  # of the weights: they go wherever these go


def graph_name(dtype: str, cutoff_layer: int | None) -> str:
    return "model" + (f"_layer{cutoff_layer}" if cutoff_layer is not None else "") + SUFFIX[dtype] + ".onnx"


def tokenizer_json(source: Source, into: Path) -> Path:
    """The folder's own file, or one that transformers converts from the SentencePiece model."""
    if source.has("tokenizer.json"):
        return source.folder / "tokenizer.json"
    AutoTokenizer.from_pretrained(source.folder, use_fast=True).save_pretrained(into)
    if not (into / "tokenizer.json").is_file():
        raise ExportError(f"{source.folder} has no tokenizer.json, and transformers cannot make one from its files.")
    return into / "tokenizer.json"


def check_same_model(out: Path, source: Source, facts: dict) -> None:
    """A second run adds a precision or a layer of the same model, told in the same words."""
    if not (out / "bge.json").is_file():
        return
    before = json.loads((out / "bge.json").read_text(encoding="utf-8"))
    before.pop("dtype", None)
    other = [key for key in {**before, **facts} if before.get(key) != facts.get(key)]
    if (out / "config.json").read_bytes() != (source.folder / "config.json").read_bytes():
        other.append("config.json")
    if other:
        raise ExportError(f"{out} holds another model or form of it (different: {', '.join(other)}): give another folder.")


def write_beside(out: Path, source: Source, tokenizer: Path, facts: dict) -> None:
    """Copies what the loader reads and writes bge.json, with the precision where the folder holds only one."""
    terms = [path.name for path in source.folder.iterdir() if TERMS.fullmatch(path.name)]
    for name in [name for name in [*COPIED, *pooling_configs(source), *terms] if source.has(name)]:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.folder / name, out / name)
    shutil.copyfile(tokenizer, out / "tokenizer.json")
    held = {dtype_of(path.name) for path in (out / "onnx").glob("*.onnx") if path.is_file()}
    text = json.dumps(ordered({**facts, **({"dtype": held.pop()} if len(held) == 1 else {})}), ensure_ascii=False, indent=2)
    (out / "bge.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def dtype_of(name: str) -> str:
    stem = name.removesuffix(".onnx")
    return next((dtype for dtype, suffix in SUFFIX.items() if suffix and stem.endswith(suffix)), "fp32")


def pooling_configs(source: Source) -> list[str]:
    modules = source.json("modules.json") or []
    folders = [module.get("path") or "." for module in modules if module.get("type", "").endswith(".Pooling")] or ["1_Pooling"]
    inside = [PurePosixPath(folder) for folder in folders]
    return [str(path / "config.json") for path in inside if not path.is_absolute() and ".." not in path.parts]
