"""A model to export: a folder, or an id of the Hugging Face hub of which only the needed files are fetched."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from errors import ExportError

FILES = [
    "*/config.json", "1_Pooling/config.json", "README.md", "colbert_linear.pt", "config.json",
    "config_sentence_transformers.json", "modules.json", "preprocessor_config.json", "sentence_bert_config.json", "sparse_linear.pt",
    "special_tokens_map.json", "tokenizer*", "sentencepiece.bpe.model", "vocab.*", "merges.txt", "added_tokens.json",
    "LICENSE*", "NOTICE*",
]
SAFETENSORS = ["model*.safetensors", "model.safetensors.index.json"]
PICKLED = ["pytorch_model*.bin", "pytorch_model.bin.index.json"]


@dataclass(frozen=True)
class Source:
    folder: Path
    id: str | None  # of the hub, where the model came from there

    def has(self, name: str) -> bool:
        return (self.folder / name).is_file()

    def json(self, name: str, default=None):
        if not self.has(name):
            return default
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except ValueError as error:
            raise ExportError(f"{self.folder / name} is no JSON ({error}): get the file again.") from error

    @property
    def config(self) -> dict:
        config = self.json("config.json")
        if not isinstance(config, dict):
            raise ExportError(f"{self.folder} has no config.json: give the folder of a transformers model.")
        return config


def open_source(model: str | Path, revision: str | None = None) -> Source:
    if Path(model).is_dir():
        return Source(Path(model), None)
    if isinstance(model, Path) or not re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", model):
        raise ExportError(f"There is no folder {model}. Give a folder, or a hub id such as BAAI/bge-m3.")
    return Source(download(model, revision), model)


def download(id: str, revision: str | None) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        names = HfApi().list_repo_files(id, revision=revision)
        weights = SAFETENSORS if any(name.endswith(".safetensors") for name in names) else PICKLED
        return Path(snapshot_download(id, revision=revision, allow_patterns=FILES + weights))
    except (GatedRepoError, RepositoryNotFoundError) as error:
        raise ExportError(f"{id}: the hub does not give it out ({type(error).__name__}). Check the id and your access.") from error
    except Exception as error:  # offline, in one of many types; the local cache may still have it
        try:
            return Path(snapshot_download(id, revision=revision, local_files_only=True))
        except LocalEntryNotFoundError:
            raise ExportError(
                f"{id} is no folder here, is not in the hub's local cache, and could not be downloaded "
                f"({type(error).__name__}). Give a folder, or run where the hub can be reached."
            ) from error
