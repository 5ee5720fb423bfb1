"""Golden files of the published models, from the original fp32 weights."""

from embedding_golden import write_embedding_golden
from paths import MODELS, TORCH_MODELS
from torch_from_onnx import torch_from_onnx

INSTRUCTIONS = {
    "bge-small-en-v1.5": "Represent this sentence for searching relevant passages: ",
    "bge-small-zh-v1.5": "为这个句子生成表示以用于检索相关文章：",
}

for name, instruction in INSTRUCTIONS.items():
    torch_from_onnx(MODELS / name, TORCH_MODELS / name)
    write_embedding_golden(TORCH_MODELS / name, f"BAAI/{name}", instruction, all_texts=True)
