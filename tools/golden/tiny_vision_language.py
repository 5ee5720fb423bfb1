"""Tiny vision language models with seeded random weights: the architectures of BGE-VL-v1.5 and BGE-VL-Screenshot."""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from transformers import (
    CLIPVisionConfig, LlavaNextConfig, LlavaNextForConditionalGeneration, LlavaNextImageProcessor, LlavaNextProcessor, MistralConfig,
    Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2VLImageProcessor,
)

from paths import TORCH_MODELS
from save import write_json
from tiny_decoder_tokenizers import tiny_llama_tokenizer, tiny_qwen_tokenizer

TEXT = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
IMAGE = "<image>"


def write_tiny_llava() -> tuple[Path, LlavaNextProcessor]:
    """Tiles of the real size, with patches twice as large: all of the grid's arithmetic, and a quarter of the tokens."""
    tokenizer = tiny_llama_tokenizer(end_token=False)
    tokenizer.add_special_tokens({"pad_token": "<pad>", "additional_special_tokens": [IMAGE]})
    tokenizer.padding_side = "left"
    vision = CLIPVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2, image_size=336, patch_size=28, projection_dim=16,
    )
    text = MistralConfig(**TEXT, vocab_size=len(tokenizer), max_position_embeddings=4096, sliding_window=None, pad_token_id=tokenizer.pad_token_id)
    config = LlavaNextConfig(
        vision, text, image_token_index=tokenizer.convert_tokens_to_ids(IMAGE), pad_token_id=tokenizer.pad_token_id, image_seq_length=144,
    )
    processor = LlavaNextProcessor(
        LlavaNextImageProcessor(size={"shortest_edge": 336}, crop_size={"height": 336, "width": 336}), tokenizer,
        patch_size=28, vision_feature_select_strategy="default", num_additional_image_tokens=1, image_token=IMAGE,
    )
    return written("tiny-llava", LlavaNextForConditionalGeneration(config), processor), processor


def write_tiny_qwen_vl() -> tuple[Path, "QwenProcessor"]:
    """Windows of the real size, and of three layers one without."""
    tokenizer = tiny_qwen_tokenizer(end_token=False)
    marks = ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
    tokenizer.add_special_tokens({"pad_token": "<|endoftext|>", "additional_special_tokens": marks})
    tokenizer.padding_side = "left"
    start, end, image, video = tokenizer.convert_tokens_to_ids(marks)
    vision = {
        "depth": 3, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": 32, "fullatt_block_indexes": [1],
        "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 112,
    }
    text = {
        **TEXT, "vocab_size": len(tokenizer), "max_position_embeddings": 4096, "tie_word_embeddings": True,
        "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]}, "pad_token_id": tokenizer.pad_token_id,
    }
    config = Qwen2_5_VLConfig(
        text_config=text, vision_config=vision, image_token_id=image, video_token_id=video, vision_start_token_id=start,
        vision_end_token_id=end, tie_word_embeddings=True,
    )
    processor = QwenProcessor(Qwen2VLImageProcessor(min_pixels=3136, max_pixels=12845056), tokenizer)
    return written("tiny-qwen-vl", Qwen2_5_VLForConditionalGeneration(config), processor), processor


class QwenProcessor:
    """What transformers' Qwen2_5_VLProcessor does with texts and pictures; that class needs torchvision, for videos."""

    def __init__(self, image_processor: Qwen2VLImageProcessor, tokenizer):
        self.image_processor, self.tokenizer = image_processor, tokenizer

    def __call__(self, text: list[str], images: list | None, **options) -> dict:
        seen = self.image_processor(images, return_tensors="pt") if images else {}
        counts = iter((seen["image_grid_thw"].prod(1) // self.image_processor.merge_size**2).tolist() if images else [])
        pad = "<|image_pad|>"
        return {**self.tokenizer([each.replace(pad, pad * next(counts)) if pad in each else each for each in text], **options), **seen}


def written(name: str, model, processor) -> Path:
    folder = TORCH_MODELS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for part in (randomise(model), processor.tokenizer, processor.image_processor):
        part.save_pretrained(folder)
    for path in folder.glob("*.json"):  # what the exporter copies, in our own spacing
        write_json(path, json.loads(path.read_text(encoding="utf-8")))
    return folder


def randomise(model, seed: int = 23):
    """Strong enough that every text, picture and order gives a clearly different vector."""
    random = np.random.RandomState(seed)
    for name, parameter in model.named_parameters():
        shape = tuple(parameter.shape)
        values = random.standard_normal(shape)
        if "norm" in name or "ln_q" in name:
            values = values * 0.05 + (1 if name.endswith("weight") else 0)
        elif name.endswith("bias"):
            values *= 0.05
        elif "position_embedding" in name or "class_embedding" in name:
            values *= 0.3
        elif "patch_embed" in name:
            values *= 3 / np.prod(shape[1:]) ** 0.5
        elif len(shape) > 1 and "embed_tokens" not in name:
            values *= (2.5 if "attn" in name else 1.5) / shape[1] ** 0.5
        parameter.data = torch.tensor(values, dtype=torch.float32)
    return model.eval()
