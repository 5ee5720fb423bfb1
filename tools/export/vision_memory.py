"""Prints what memory BGE-VL's vision language models need, computed from their published shapes. No weights are read.

Weights: every parameter of both graphs. Attention: the tensors of tokens × tokens that live at the same time, `LIVE` of them (scores,
masked scores, weights), 4 bytes a number: of all heads at once, but in Qwen's layers without windows of one head at a time.
Activations: the widest layer of the feed-forward part, three times (gate, up and their product).
"""

from dataclasses import dataclass

import torch
from transformers import (
    CLIPVisionConfig, LlavaNextConfig, LlavaNextForConditionalGeneration, MistralConfig, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration,
)

LIVE = 3
GB = 1e9


@dataclass(frozen=True)
class Tower:
    parameters: int
    heads: int  # whose scores are in memory together
    wide: int  # of the feed-forward part

    def attention(self, tokens: int, batch: int = 1) -> int:
        return LIVE * 4 * batch * self.heads * tokens**2

    def activations(self, tokens: int, batch: int = 1) -> int:
        return LIVE * 4 * batch * tokens * self.wide

    def peak(self, tokens: int, batch: int = 1) -> int:
        return self.attention(tokens, batch) + self.activations(tokens, batch)


def parameters(module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def llava() -> tuple[Tower, Tower]:
    vision = CLIPVisionConfig(
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, image_size=336, patch_size=14, projection_dim=768,
    )
    with torch.device("meta"):
        model = LlavaNextForConditionalGeneration(LlavaNextConfig(vision, MistralConfig(vocab_size=32064))).model
    seen = parameters(model.vision_tower) + parameters(model.multi_modal_projector)
    return Tower(seen, 16, 4096), Tower(parameters(model.language_model), 32, 14336)


def qwen() -> tuple[Tower, Tower]:
    text = {
        "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36, "num_attention_heads": 16, "num_key_value_heads": 2,
        "vocab_size": 151936, "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]},
    }
    vision = {"depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 2048}
    with torch.device("meta"):
        model = Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(text_config=text, vision_config=vision)).model
    return Tower(parameters(model.visual), 1, 3420), Tower(parameters(model.language_model), 16, 11008)


def row(name: str, towers: tuple[Tower, Tower], patches: int, batch: int, tokens: int) -> str:
    seeing, reading = towers
    total = sum(tower.parameters for tower in towers)
    weights = ", ".join(f"{size} {total * size_bytes / GB:.1f}" for size, size_bytes in (("fp32", 4), ("fp16", 2), ("int8", 1)))
    peaks = seeing.peak(patches, batch) / GB, reading.peak(tokens) / GB
    return f"{name}: {total:,} parameters ({weights} GB); {tokens} tokens; at its peak the vision graph {peaks[0]:.1f} GB, the language model {peaks[1]:.1f} GB"


if __name__ == "__main__":
    print(row("BGE-VL-v1.5, a picture and 72 tokens", llava(), 577, 5, 3000))
    print(row("BGE-VL-v1.5, a picture and 2048 tokens", llava(), 577, 5, 2928 + 2048))
    for pixels in (1_003_520, 4_000_000, 12_845_056):
        print(row(f"BGE-VL-Screenshot, {pixels:,} pixels and 70 tokens", qwen(), pixels // 196, 1, pixels // 784 + 70))
    every = Tower(0, 16, 0).attention(12_845_056 // 196) / GB
    print(f"The scores of all heads together, which this export avoids, at 12,845,056 pixels: {every:.0f} GB")
