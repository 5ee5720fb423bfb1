"""Tiny decoders of the real architectures, with seeded random weights.

What the real configurations have is kept: grouped or single key and value heads, a head size that is not hidden size /
heads, biases, tied embeddings, windows and caps. Windows and caps are small enough for our inputs to reach them.
"""

import numpy as np
import torch
from FlagEmbedding.inference.reranker.decoder_only.models.configuration_minicpm_reranker import LayerWiseMiniCPMConfig
from FlagEmbedding.inference.reranker.decoder_only.models.modeling_minicpm_reranker import LayerWiseMiniCPMForCausalLM
from transformers import (
    Gemma2Config,
    Gemma2Model,
    GemmaConfig,
    GemmaForCausalLM,
    MistralConfig,
    MistralModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2Model,
    Qwen3Config,
    Qwen3Model,
)

SHAPE = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4}
WINDOW = 64


def tiny_qwen2(tokenizer: PreTrainedTokenizerFast, seed: int) -> PreTrainedModel:
    config = Qwen2Config(
        **SHAPE, **ids(tokenizer), num_hidden_layers=3, num_key_value_heads=2, max_position_embeddings=4096,
        rope_theta=1e6, tie_word_embeddings=True, use_sliding_window=False, sliding_window=4096, max_window_layers=3,
    )
    return randomise(Qwen2Model(config), seed)


def tiny_qwen3(tokenizer: PreTrainedTokenizerFast, seed: int) -> PreTrainedModel:
    """Heads twice as wide as hidden size / heads, normalised queries and keys, no biases."""
    config = Qwen3Config(
        **SHAPE, **ids(tokenizer), num_hidden_layers=3, num_key_value_heads=2, head_dim=16, max_position_embeddings=4096,
        rope_theta=1e6, attention_bias=False, use_sliding_window=False, sliding_window=None, max_window_layers=3,
    )
    return randomise(Qwen3Model(config), seed)


def tiny_mistral(tokenizer: PreTrainedTokenizerFast, seed: int) -> PreTrainedModel:
    """Every layer looks back over one window: four of them reach past the examples."""
    config = MistralConfig(
        **SHAPE, **ids(tokenizer), num_hidden_layers=4, num_key_value_heads=2, max_position_embeddings=4096,
        rms_norm_eps=1e-5, rope_theta=1e4, sliding_window=3 * WINDOW,
    )
    return randomise(MistralModel(config), seed)


def tiny_gemma2(tokenizer: PreTrainedTokenizerFast, seed: int) -> PreTrainedModel:
    """Every other layer has a window. Scores are divided by the root of 24, not of the head size."""
    config = Gemma2Config(
        **SHAPE, **ids(tokenizer), num_hidden_layers=4, num_key_value_heads=2, head_dim=16, query_pre_attn_scalar=24,
        max_position_embeddings=4096, sliding_window=WINDOW, attn_logit_softcapping=5.0, final_logit_softcapping=30.0,
    )
    return randomise(Gemma2Model(config), seed)


def tiny_gemma_reranker(tokenizer: PreTrainedTokenizerFast, seed: int) -> PreTrainedModel:
    """One key and value head for all, head tied to the embeddings."""
    config = GemmaConfig(
        **SHAPE, **ids(tokenizer), num_hidden_layers=3, num_key_value_heads=1, head_dim=8, max_position_embeddings=4096,
        hidden_activation="gelu_pytorch_tanh",
    )
    return randomise(GemmaForCausalLM(config), seed)


def tiny_minicpm_reranker(tokenizer: PreTrainedTokenizerFast, seed: int) -> PreTrainedModel:
    """Heads behind layers 2 to 5. Embeddings, residuals are scaled; hidden size / dim_model_base must not be.

    Narrower than the others, with few positions: the fixture holds two graphs, each with tables of rotary angles.
    """
    config = LayerWiseMiniCPMConfig(
        **ids(tokenizer), hidden_size=24, intermediate_size=48, num_attention_heads=3, num_key_value_heads=3,
        num_hidden_layers=5, max_position_embeddings=768, rms_norm_eps=1e-5, scale_emb=12, scale_depth=1.4,
        dim_model_base=8, start_layer=2, head_multi=True, head_type="simple", tie_word_embeddings=False,
        architectures=["LayerWiseMiniCPMForCausalLM"],
    )
    return randomise(LayerWiseMiniCPMForCausalLM(config), seed)


def ids(tokenizer: PreTrainedTokenizerFast) -> dict:
    return {
        "vocab_size": len(tokenizer), "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id,
    }


def randomise(model: PreTrainedModel, seed: int) -> PreTrainedModel:
    """Embeddings enter the first layer with deviation 1, whatever the family multiplies them by."""
    random = np.random.RandomState(seed)
    config = model.config
    factor = config.hidden_size**0.5 if config.model_type.startswith("gemma") else getattr(config, "scale_emb", 1)
    for name, parameter in model.named_parameters():
        values = random.standard_normal(tuple(parameter.shape))
        parameter.data = torch.tensor(weights(name, values, factor, config.model_type), dtype=torch.float32)
    return model.eval()


def weights(name: str, values: np.ndarray, factor: float, family: str) -> np.ndarray:
    """Peaked attention, so that single tokens matter; Gemma's norms multiply by 1 + weight, the others by the weight."""
    if "embed_tokens" in name:
        return values / factor
    if "norm" in name:
        gain = 2 if "q_norm" in name or "k_norm" in name else 1
        return gain * (1 + 0.05 * values) - family.startswith("gemma")
    if name.endswith("bias"):
        return 0.3 * values
    gain = 1.5 if "q_proj" in name or "k_proj" in name else 1.3
    return values * gain / values.shape[1] ** 0.5
