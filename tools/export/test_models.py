"""Tiny random models of every family, for the test of the exporter."""

import json
from pathlib import Path

import torch
from FlagEmbedding.inference.reranker.decoder_only.models.configuration_minicpm_reranker import LayerWiseMiniCPMConfig
from FlagEmbedding.inference.reranker.decoder_only.models.modeling_minicpm_reranker import LayerWiseMiniCPMForCausalLM
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig, BertForSequenceClassification, BertModel, CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPVisionConfig, Gemma2Config, Gemma2Model,
    GemmaConfig, GemmaForCausalLM, LlavaNextConfig, LlavaNextForConditionalGeneration, LlavaNextImageProcessor, MistralConfig, MistralModel,
    PreTrainedTokenizerFast, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2Config, Qwen2Model, Qwen2VLImageProcessor, Qwen3Config, Qwen3Model,
    XLMRobertaConfig, XLMRobertaForSequenceClassification, XLMRobertaModel,
)

from check_texts import TEXTS

HIDDEN = 32
SHAPE = {"hidden_size": HIDDEN, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
GROUPED = {**SHAPE, "num_key_value_heads": 2, "max_position_embeddings": 1024}
ENCODER = {**SHAPE, "pad_token_id": 0, "num_labels": 1}
XLMR = {**ENCODER, "pad_token_id": 1, "max_position_embeddings": 514, "type_vocab_size": 1}

# Windows of 16 tokens are shorter than the check's texts.
MODELS = {
    "bert": (BertModel, BertConfig(**ENCODER)),
    "bert-reranker": (BertForSequenceClassification, BertConfig(**ENCODER)),
    "xlmr": (XLMRobertaModel, XLMRobertaConfig(**XLMR)),
    "xlmr-reranker": (XLMRobertaForSequenceClassification, XLMRobertaConfig(**XLMR)),
    "m3": (XLMRobertaModel, XLMRobertaConfig(**XLMR)),
    "qwen2": (Qwen2Model, Qwen2Config(**GROUPED)),
    "qwen2-window": (Qwen2Model, Qwen2Config(**GROUPED, use_sliding_window=True, sliding_window=16, max_window_layers=1)),
    "qwen3": (Qwen3Model, Qwen3Config(**GROUPED, head_dim=16)),
    "gemma2": (Gemma2Model, Gemma2Config(**GROUPED, head_dim=16, sliding_window=16, attn_logit_softcapping=2.0)),
    "mistral": (MistralModel, MistralConfig(**GROUPED, sliding_window=16)),
    "gemma-reranker": (GemmaForCausalLM, GemmaConfig(**GROUPED, head_dim=8)),
    "minicpm": (
        LayerWiseMiniCPMForCausalLM,
        LayerWiseMiniCPMConfig(
            **{**GROUPED, "num_hidden_layers": 4}, scale_emb=12, scale_depth=1.4, dim_model_base=8, start_layer=2,
            tie_word_embeddings=False, architectures=["LayerWiseMiniCPMForCausalLM"],
        ),
    ),
}


def write_model(name: str, folder: Path) -> Path:
    tokenizer = tiny_tokenizer()
    kind, config = MODELS[name]
    config.vocab_size = len(tokenizer)
    torch.manual_seed(list(MODELS).index(name))
    model = kind(config).eval()
    for parameter in model.parameters():
        if parameter.dim() == 2:  # stronger than transformers' default, so that a wrong mask or scale shows
            parameter.data = torch.randn_like(parameter) / parameter.shape[1] ** 0.5
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if name == "m3":
        for file, width in (("sparse_linear.pt", 1), ("colbert_linear.pt", HIDDEN)):
            torch.save(torch.nn.Linear(HIDDEN, width).state_dict(), folder / file)
    if name in ("bert", "xlmr"):
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_cls_token": True}), encoding="utf-8")
    return folder


def write_clip(folder: Path) -> Path:
    """Two towers. Its end token is not the last id, so that both ways of finding it are told apart."""
    tokenizer = tiny_tokenizer()
    text = {**SHAPE, "vocab_size": len(tokenizer), "max_position_embeddings": 64, "eos_token_id": 2, "projection_dim": 16}
    vision = {**SHAPE, "image_size": 32, "patch_size": 8, "projection_dim": 16}
    torch.manual_seed(len(MODELS))
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)).eval()
    for parameter in model.parameters():
        if parameter.dim() == 2:
            parameter.data = torch.randn_like(parameter) / parameter.shape[1] ** 0.5
    for part in (model, tokenizer, CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32)):
        part.save_pretrained(folder)
    return folder


def write_llava(folder: Path) -> Path:
    tokenizer = tiny_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    vision = CLIPVisionConfig(**{**SHAPE, "hidden_size": 16, "num_hidden_layers": 3}, image_size=32, patch_size=8, projection_dim=16)
    text = MistralConfig(**GROUPED, vocab_size=len(tokenizer), sliding_window=None)
    pinpoints = [[32, 64], [64, 32], [64, 64]]
    config = LlavaNextConfig(vision, text, image_token_index=tokenizer.convert_tokens_to_ids("<image>"), image_grid_pinpoints=pinpoints)
    size = {"height": 32, "width": 32}
    processor = LlavaNextImageProcessor(size={"shortest_edge": 32}, crop_size=size, image_grid_pinpoints=pinpoints)
    return written(LlavaNextForConditionalGeneration(config), [tokenizer, processor], folder)


def write_qwen_vl(folder: Path) -> Path:
    tokenizer = tiny_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|vision_start|>", "<|image_pad|>"]})
    start, image = tokenizer.convert_tokens_to_ids(["<|vision_start|>", "<|image_pad|>"])
    vision = {
        "depth": 3, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": HIDDEN, "fullatt_block_indexes": [1],
        "patch_size": 4, "window_size": 32,
    }
    text = {**GROUPED, "vocab_size": len(tokenizer), "rope_scaling": {"type": "mrope", "mrope_section": [1, 1, 2]}}
    config = Qwen2_5_VLConfig(text_config=text, vision_config=vision, image_token_id=image, vision_start_token_id=start)
    return written(Qwen2_5_VLForConditionalGeneration(config), [tokenizer, Qwen2VLImageProcessor(patch_size=4)], folder)


def written(model, parts: list, folder: Path) -> Path:
    torch.manual_seed(len(MODELS) + 1)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.data = torch.randn_like(parameter) / parameter[0].numel() ** 0.5
    for part in (model.eval(), *parts):
        part.save_pretrained(folder)
    return folder


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE whose special tokens have XLM-R's ids."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator([*TEXTS, "Yes"] * 2, trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=sorted(alphabet), show_progress=False,
    ))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
