"""Tiny models with seeded random weights, strong enough that every input gives a clearly different output."""

import numpy as np
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
    XLMRobertaModel,
)

SHAPE = {"num_hidden_layers": 2, "num_attention_heads": 4, "attn_implementation": "eager"}


def tiny_bert(vocabulary: int, reranker: bool, seed: int) -> PreTrainedModel:
    config = BertConfig(
        vocab_size=vocabulary, hidden_size=48, intermediate_size=96, max_position_embeddings=512,
        pad_token_id=0, num_labels=1, **SHAPE,
    )
    model = BertForSequenceClassification(config) if reranker else BertModel(config, add_pooling_layer=False)
    return randomise(model, seed)


def tiny_xlmr(vocabulary: int, reranker: bool, seed: int, positions: int = 514) -> PreTrainedModel:
    """Narrower than the BERT ones: the real charsmap already takes 300 kB. Two positions carry no token."""
    config = XLMRobertaConfig(
        vocab_size=vocabulary, hidden_size=32, intermediate_size=64, max_position_embeddings=positions, type_vocab_size=1,
        bos_token_id=0, pad_token_id=1, eos_token_id=2, layer_norm_eps=1e-5, num_labels=1, **SHAPE,
    )
    model = XLMRobertaForSequenceClassification(config) if reranker else XLMRobertaModel(config, add_pooling_layer=False)
    return randomise(model, seed)


def randomise(model: PreTrainedModel, seed: int) -> PreTrainedModel:
    """Gains are per kind of weight: peaked attention, so that single tokens matter."""
    random = np.random.RandomState(seed)
    for name, parameter in model.named_parameters():
        values = random.standard_normal(tuple(parameter.shape)) * scale(name, parameter)
        if "LayerNorm.weight" in name:
            values = 1 + values
        parameter.data = torch.tensor(values, dtype=torch.float32)
    return model.eval()


def scale(name: str, parameter: torch.Tensor) -> float:
    if "LayerNorm" in name or name.endswith("bias"):
        return 0.05
    if "embeddings" in name:
        return 1.0 if "word" in name else 0.3
    gain = 2.5 if "attention" in name else 1.5
    return gain / parameter.shape[1] ** 0.5


def spread_logits(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, pairs: list[tuple[str, str]]) -> None:
    """Scales and shifts the last layer, so that the logits of these pairs have mean 0 and deviation 4."""
    head = getattr(model.classifier, "out_proj", model.classifier)
    inputs = tokenizer([query for query, _ in pairs], [text for _, text in pairs], padding=True, return_tensors="pt")
    with torch.no_grad():
        logits = model(**inputs).logits
        factor = round(4 / logits.std().item(), 2)  # rounded, so that another machine gets the same
        head.weight *= factor
        tokenizer.backend_tokenizer.no_padding()  # else the next save would keep it
        head.bias.copy_(torch.tensor([round(head.bias.item() - logits.mean().item() * factor, 2)]))
