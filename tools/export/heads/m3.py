"""bge-m3: dense, sparse and multi-vector outputs of one pass over an XLM-R encoder."""

import torch

from errors import ExportError
from heads import encoder

PADDING = ("right",)


def outputs(options) -> dict:
    rows = {0: "batch", 1: "tokens"}
    return {
        "dense": ("vectors", {0: "batch"}),
        "sparse": ("weights", rows),
        "multi_vector": ("vectors", {0: "batch", 1: "tokens_without_first"}),
    }


class M3(torch.nn.Module):
    """Token vectors → the three outputs; formulas of FlagEmbedding's EncoderOnlyEmbedderM3Model."""

    def __init__(self, backbone, sparse_linear, colbert_linear):
        super().__init__()
        self.backbone, self.sparse_linear, self.colbert_linear = backbone, sparse_linear, colbert_linear

    def forward(self, input_ids, attention_mask):
        hidden = self.backbone(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        sparse = torch.relu(self.sparse_linear(hidden)).squeeze(-1)
        return hidden[:, 0], sparse, self.colbert_linear(hidden[:, 1:])


def load(source, options):
    backbone = encoder.load(source, options)
    return M3(backbone, linear(source, "sparse_linear.pt"), linear(source, "colbert_linear.pt")).eval()


def linear(source, name: str) -> torch.nn.Linear:
    weights = torch.load(source.folder / name, map_location="cpu", weights_only=True)
    width = source.config["hidden_size"]
    if set(weights) != {"weight", "bias"} or weights["weight"].shape[1:] != (width,):
        raise ExportError(f"{name} holds no linear layer over {width} values with a bias: get the file again.")
    layer = torch.nn.Linear(width, weights["weight"].shape[0])
    layer.load_state_dict({key: value.float() for key, value in weights.items()})
    return layer


def graph(model, options):
    return model


def reference(model, inputs, options) -> dict:
    """FlagEmbedding's own forward over the same weights."""
    from FlagEmbedding.finetune.embedder.encoder_only.m3 import EncoderOnlyEmbedderM3ModelForInference

    parts = {"model": model.backbone, "colbert_linear": model.colbert_linear, "sparse_linear": model.sparse_linear}
    theirs = EncoderOnlyEmbedderM3ModelForInference(parts, tokenizer=None, normalize_embeddings=False)
    given = theirs(inputs, return_dense=True, return_sparse=True, return_colbert_vecs=True)
    return {
        "dense": given["dense_vecs"],
        "sparse": given["sparse_vecs"].squeeze(-1),
        "multi_vector": given["colbert_vecs"],
    }
