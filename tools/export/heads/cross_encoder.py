"""BERT and XLM-R cross-encoders with one logit."""

import torch
from transformers import AutoModelForSequenceClassification

PADDING = ("right",)


def outputs(options) -> dict:
    return {"logits": ("logits", {0: "batch"})}


def load(source, options):
    kind = AutoModelForSequenceClassification
    return kind.from_pretrained(source.folder, dtype=torch.float32, attn_implementation="eager").eval()


class Graph(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.backbone, self.head = model.base_model, model.classifier

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        extra = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        encoded = self.backbone(input_ids=input_ids, attention_mask=attention_mask, **extra)
        # BERT's head reads the pooler's output, XLM-R's the token vectors.
        return self.head(encoded.last_hidden_state if self.backbone.pooler is None else encoded.pooler_output)


def graph(model, options):
    return Graph(model)


def reference(model, inputs, options) -> dict:
    return {"logits": model(**inputs).logits}
