"""The fixtures' models as folders that FlagEmbedding loads. Seeds differ, so that no two fixtures share their weights."""

import json
import shutil
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from centre_logits import centre_layers, centre_yes
from m3_heads import write_m3_heads
from pairs import FIXED
from paths import TORCH_MODELS
from save import write_json
from tiny_decoder_tokenizers import tiny_gemma_tokenizer, tiny_llama_tokenizer, tiny_qwen_tokenizer
from tiny_decoders import tiny_gemma2, tiny_gemma_reranker, tiny_minicpm_reranker, tiny_mistral, tiny_qwen2, tiny_qwen3
from tiny_models import spread_logits, tiny_bert, tiny_xlmr
from tiny_tokenizers import tiny_bert_tokenizer, tiny_xlmr_tokenizer

PAIRS = [(query, document) for _, query, document in FIXED]
QUERY_PROMPT = "Represent this sentence for searching relevant passages: "
M3_TOKENS = 1024


def write_torch_folders() -> None:
    write_encoders()
    write_m3()
    write_decoders()
    write_llm_rerankers()


def write_encoders() -> None:
    bert = tiny_bert_tokenizer()
    words = len(bert)
    write_embedder("tiny-bert-cls", tiny_bert(words, False, seed=1), bert, "cls", {"query": QUERY_PROMPT})
    write_embedder("tiny-bert-mean", tiny_bert(words, False, seed=1), bert, "mean")
    write_embedder("tiny-llm-embedder", tiny_bert(words, False, seed=5), bert, "cls")
    published, converted = tiny_xlmr_tokenizer(as_published=True), tiny_xlmr_tokenizer(as_published=False)
    write_embedder("tiny-xlmr-cls", tiny_xlmr(len(published), False, seed=3), published, "cls")
    for name, model, tokenizer in (
        ("tiny-bert-reranker", tiny_bert(words, True, seed=2), bert),
        ("tiny-xlmr-reranker", tiny_xlmr(len(converted), True, seed=4), converted),
    ):
        spread_logits(model, tokenizer, PAIRS)
        write(name, model, tokenizer)


def write_m3() -> None:
    tokenizer = tiny_xlmr_tokenizer(as_published=True)
    tokenizer.model_max_length = M3_TOKENS
    model = tiny_xlmr(len(tokenizer), False, seed=6, positions=M3_TOKENS + 2)
    write_m3_heads(write("tiny-m3", model, tokenizer), model.config.hidden_size, seed=7)


def write_decoders() -> None:
    qwen, ending = tiny_qwen_tokenizer(end_token=False), tiny_qwen_tokenizer(end_token=True)
    gemma, mistral = tiny_gemma_tokenizer(), tiny_llama_tokenizer(end_token=True)
    write("tiny-code", tiny_qwen2(qwen, seed=8), qwen)
    write("tiny-reasoner", tiny_qwen3(ending, seed=9), ending)
    write("tiny-gemma2", tiny_gemma2(gemma, seed=10), gemma)
    write("tiny-icl", tiny_mistral(mistral, seed=11), mistral)


def write_llm_rerankers() -> None:
    gemma, llama = tiny_gemma_tokenizer(), tiny_llama_tokenizer(end_token=False)
    yes = tiny_gemma_reranker(gemma, seed=12)
    centre_yes(yes, gemma, PAIRS)
    write("tiny-reranker-gemma", yes, gemma)
    layerwise = tiny_minicpm_reranker(llama, seed=13)
    centre_layers(layerwise, llama, PAIRS)
    write("tiny-reranker-minicpm", layerwise, llama)


def write(name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Path:
    folder = TORCH_MODELS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for path in folder.glob("*.json"):  # what the exporter copies, in our own spacing
        content = json.loads(path.read_text(encoding="utf-8"))
        content.pop("extra_special_tokens", None)
        write_json(path, content)
    return folder


def write_embedder(
    name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, pooling: str, prompts: dict | None = None
) -> None:
    """With the files of sentence-transformers."""
    folder, kind = write(name, model, tokenizer), "sentence_transformers.models."
    write_json(folder / "modules.json", [
        {"idx": 0, "name": "0", "path": "", "type": kind + "Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": kind + "Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": kind + "Normalize"},
    ])
    write_json(folder / "1_Pooling" / "config.json", {
        "word_embedding_dimension": model.config.hidden_size,
        "pooling_mode_cls_token": pooling == "cls",
        "pooling_mode_mean_tokens": pooling == "mean",
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    })
    write_json(folder / "config_sentence_transformers.json", {"prompts": prompts or {}, "default_prompt_name": None})
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": False})
