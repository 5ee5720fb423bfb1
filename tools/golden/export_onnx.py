"""A Hugging Face model → onnx/model.onnx with dynamic batch and sequence."""

import warnings
from pathlib import Path

import torch
from transformers import PreTrainedModel

OPSET = 14


class LastHiddenState(torch.nn.Module):
    def __init__(self, model: PreTrainedModel):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None:
            inputs["token_type_ids"] = token_type_ids
        return self.model(**inputs).last_hidden_state


class Logits(LastHiddenState):
    def forward(self, input_ids, attention_mask, token_type_ids=None):
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None:
            inputs["token_type_ids"] = token_type_ids
        return self.model(**inputs).logits


def export_onnx(model: PreTrainedModel, path: Path) -> None:
    reranker = hasattr(model, "classifier")
    names = ["input_ids", "attention_mask"]
    if model.config.model_type == "bert":
        names.append("token_type_ids")
    output = "logits" if reranker else "last_hidden_state"
    rows = {0: "batch", 1: "sequence"}
    example = torch.ones((2, 8), dtype=torch.int64)
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Logits(model) if reranker else LastHiddenState(model),
            tuple(example for _ in names),
            str(path),
            input_names=names,
            output_names=[output],
            dynamic_axes={**{name: rows for name in names}, output: {0: "batch"} if reranker else rows},
            opset_version=OPSET,
            dynamo=False,
        )
