"""Decoder embedders (Qwen2, Qwen3, Gemma2, Mistral): the vector of the last token, or all token vectors."""

import torch
from transformers import AutoModel

from masks import last_token, masks_of

PADDING = ("right", "left")


def outputs(options) -> dict:
    if options.hidden_states:
        return {"last_hidden_state": ("vectors", {0: "batch", 1: "tokens"})}
    return {"dense": ("vectors", {0: "batch"})}


def load(source, options):
    return AutoModel.from_pretrained(source.folder, dtype=torch.float32, attn_implementation="eager").eval()


class Graph(torch.nn.Module):
    def __init__(self, model, hidden_states: bool):
        super().__init__()
        self.backbone, self.hidden_states = model, hidden_states

    def forward(self, input_ids, attention_mask):
        masks = masks_of(self.backbone.config, attention_mask)
        hidden = self.backbone(input_ids=input_ids, attention_mask=masks, use_cache=False).last_hidden_state
        return hidden if self.hidden_states else last_token(hidden, attention_mask)


def graph(model, options):
    return Graph(model, options.hidden_states)


def reference(model, inputs, options) -> dict:
    hidden = model(**inputs, use_cache=False).last_hidden_state
    return {"last_hidden_state": hidden} if options.hidden_states else {"dense": hidden[:, -1]}
