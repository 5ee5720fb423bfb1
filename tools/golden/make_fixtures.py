"""Writes test/fixtures/tiny-*: model folders in Hugging Face layout, each under 1 MB."""

import json
import shutil
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from export_onnx import export_onnx
from pairs import FIXED
from paths import FIXTURES, TORCH_MODELS, written_bytes
from save import write_json
from tiny_models import spread_logits, tiny_bert, tiny_xlmr
from tiny_tokenizers import tiny_bert_tokenizer, tiny_xlmr_tokenizer

LIMIT = 1_000_000
QUERY_PROMPT = "Represent this sentence for searching relevant passages: "


def main() -> None:
    bert = tiny_bert_tokenizer()
    words = len(bert)
    write("tiny-bert-cls", tiny_bert(words, False, seed=1), bert, "cls", {"query": QUERY_PROMPT})
    write("tiny-bert-mean", tiny_bert(words, False, seed=1), bert, "mean")
    write("tiny-bert-reranker", tiny_bert(words, True, seed=2), bert)
    published, converted = tiny_xlmr_tokenizer(as_published=True), tiny_xlmr_tokenizer(as_published=False)
    write("tiny-xlmr-cls", tiny_xlmr(len(published), False, seed=3), published, "cls")
    write("tiny-xlmr-reranker", tiny_xlmr(len(converted), True, seed=4), converted)


def write(
    name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast,
    pooling: str | None = None, prompts: dict | None = None,
) -> None:
    torch_folder, fixture = TORCH_MODELS / name, FIXTURES / name
    for folder in (torch_folder, fixture):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    if pooling is None:
        spread_logits(model, tokenizer, [(query, document) for _, query, document in FIXED])
    model.save_pretrained(torch_folder)
    tokenizer.save_pretrained(torch_folder)
    for file in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        content = json.loads((torch_folder / file).read_text(encoding="utf-8"))
        content.pop("extra_special_tokens", None)
        write_json(fixture / file, content)
    export_onnx(model, fixture / "onnx" / "model.onnx")
    if pooling:
        write_sentence_transformers_files(fixture, model.config.hidden_size, pooling, prompts or {})
    size = written_bytes(fixture)
    print(f"{name}: {size} bytes, {len(tokenizer)} tokens")
    if size >= LIMIT:
        raise SystemExit(f"{name} takes {size} bytes, more than {LIMIT}")


def write_sentence_transformers_files(folder: Path, dimensions: int, pooling: str, prompts: dict) -> None:
    kind = "sentence_transformers.models."
    write_json(folder / "modules.json", [
        {"idx": 0, "name": "0", "path": "", "type": kind + "Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": kind + "Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": kind + "Normalize"},
    ])
    write_json(folder / "1_Pooling" / "config.json", {
        "word_embedding_dimension": dimensions,
        "pooling_mode_cls_token": pooling == "cls",
        "pooling_mode_mean_tokens": pooling == "mean",
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    })
    write_json(folder / "config_sentence_transformers.json", {"prompts": prompts, "default_prompt_name": None})
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": False})


if __name__ == "__main__":
    main()
