"""LLaVA-NeXT: a CLIP tower and a projector, and for each picture as many tiles as its shape asks for."""

import numpy as np
import torch
from transformers import LlavaNextForConditionalGeneration as model_class  # noqa: F401

from vision_case import Case, text_case

GRID = False


class Vision(torch.nn.Module):
    """Tiles → the features of each, row by row, and last the one that ends a row of the picture."""

    def __init__(self, model):
        super().__init__()
        self.backbone = model

    def forward(self, pixel_values):
        config = self.backbone.config
        hidden = self.backbone.vision_tower(pixel_values, output_hidden_states=True).hidden_states[config.vision_feature_layer]
        if config.vision_feature_select_strategy == "default":
            hidden = hidden[:, 1:]
        features = self.backbone.multi_modal_projector(hidden)
        return torch.cat([features.flatten(0, 1), self.backbone.image_newline[None]])


def vision(model) -> Vision:
    return Vision(model)


def example(model) -> dict:
    size = model.config.vision_config.image_size
    return {"pixel_values": (torch.zeros((2, 3, size, size)), {0: "tiles"})}


def cases(model) -> list[Case]:
    """A text, and a square picture of 2 × 2 tiles, of which nothing is padding."""
    config = model.config
    size, patch = config.vision_config.image_size, config.vision_config.patch_size
    pixels = np.random.RandomState(0).standard_normal((5, 3, size, size)).astype(np.float32)
    taken = square_rows(size // patch)
    ids = np.concatenate([[5, 6, 7], np.full(len(taken), config.image_token_id), [8, 9]])[None].astype(np.int64)
    rows = np.concatenate([[0, 0, 0], taken + 1, [0, 0]])[None].astype(np.int64)
    inputs = {"pixel_values": torch.from_numpy(pixels)[None], "image_sizes": torch.tensor([[512, 512]])}
    return [text_case(), Case(ids, inputs, {"pixel_values": pixels}, rows)]


def square_rows(side: int) -> np.ndarray:
    """The whole picture's features, then the rows of the four tiles put together, each with the feature that ends it."""
    tiles = np.arange(side * side * 4).reshape(2, 2, side, side).transpose(0, 2, 1, 3).reshape(2 * side, 2 * side) + side * side
    ends = np.full((2 * side, 1), side * side * 5)
    return np.concatenate([np.arange(side * side), np.concatenate([tiles, ends], 1).ravel()])
