"""Writes test/fixtures/tiny-*: model folders in Hugging Face layout, each under 1 MB, by the exporter of tools/export."""

import shutil

from paths import FIXTURES, TORCH_MODELS, written_bytes
from torch_folders import write_torch_folders

from export_model import export  # tools/export

LIMIT = 1_000_000
LAYERS = [3, 5]
# The options of each export. An id gives the fixture the facts of that model: its tasks, formats, prompt.
EXPORTS = {
    "tiny-bert-cls": {},
    "tiny-bert-mean": {},
    "tiny-bert-reranker": {},
    "tiny-xlmr-cls": {},
    "tiny-xlmr-reranker": {},
    "tiny-m3": {"id": "BAAI/bge-m3"},
    "tiny-llm-embedder": {"id": "BAAI/llm-embedder"},
    "tiny-code": {"id": "BAAI/bge-code-v1"},
    "tiny-gemma2": {"id": "BAAI/bge-multilingual-gemma2"},
    "tiny-icl": {"id": "BAAI/bge-en-icl"},
    "tiny-reasoner": {"id": "BAAI/bge-reasoner-embed-qwen3-8b-0923", "hidden_states": True},
    "tiny-reranker-gemma": {"id": "BAAI/bge-reranker-v2-gemma"},
    "tiny-reranker-minicpm": {"id": "BAAI/bge-reranker-v2-minicpm-layerwise"},
}


def main() -> None:
    write_torch_folders()
    for name, options in EXPORTS.items():
        fixture = FIXTURES / name
        shutil.rmtree(fixture, ignore_errors=True)
        for layer in LAYERS if name == "tiny-reranker-minicpm" else [None]:
            export(TORCH_MODELS / name, fixture, cutoff_layer=layer, **options)
        size = written_bytes(fixture)
        print(f"{name}: {size} bytes")
        if size >= LIMIT:
            raise SystemExit(f"{name} takes {size} bytes, more than {LIMIT}")


if __name__ == "__main__":
    main()
