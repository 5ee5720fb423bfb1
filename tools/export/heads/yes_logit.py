"""Gemma reranker: the logit of the first id of "Yes" at the last token; of lm_head only that row is in the graph."""

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from masks import last_token, masks_of

PADDING = ("right", "left")


def outputs(options) -> dict:
    return {"logits": ("logits", {0: "batch"})}


def load(source, options):
    kind = AutoModelForCausalLM
    model = kind.from_pretrained(source.folder, dtype=torch.float32, attn_implementation="eager").eval()
    model.yes = yes_id(options.tokenizer)
    return model


def yes_id(tokenizer: Tokenizer) -> int:
    return tokenizer.encode("Yes", add_special_tokens=False).ids[0]


class Graph(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.backbone = model.model
        self.head = torch.nn.Linear(model.config.hidden_size, 1, bias=False)
        self.head.weight = torch.nn.Parameter(model.lm_head.weight[model.yes : model.yes + 1].detach().clone())

    def forward(self, input_ids, attention_mask):
        masks = masks_of(self.backbone.config, attention_mask)
        hidden = self.backbone(input_ids=input_ids, attention_mask=masks, use_cache=False).last_hidden_state
        return self.head(last_token(hidden, attention_mask))


def graph(model, options):
    return Graph(model)


def reference(model, inputs, options) -> dict:
    logits = model(**inputs, use_cache=False, logits_to_keep=1).logits
    return {"logits": logits[:, -1, model.yes : model.yes + 1]}
