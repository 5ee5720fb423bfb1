"""Qwen2.5-VL: a vision transformer that attends within windows in most layers, and a language model that counts rows and columns.

The vision graph takes its patches window by window, each with the same number of places, of which a mask tells the used
ones. So the layers with windows are a batch of small attentions; those without go head by head, since the scores of all heads
together would be the largest tensor by far.
"""

import numpy as np
import torch
from transformers import Qwen2_5_VLForConditionalGeneration as model_class  # noqa: F401
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import apply_rotary_pos_emb_vision

from masks import MASKED
from vision_case import Case, text_case

GRID = True


class Vision(torch.nn.Module):
    """[windows, places, values], [windows, places, 2] (row, column) and [windows, places] of 0 and 1 → the features of each four places."""

    def __init__(self, model):
        super().__init__()
        self.backbone = model.visual

    def forward(self, pixel_values, positions, mask):
        visual = self.backbone
        kernel = visual.patch_embed.proj.weight
        hidden = torch.nn.functional.linear(pixel_values, kernel.flatten(1))
        angles = (positions[..., None] * visual.rotary_pos_emb.inv_freq).flatten(-2)  # rows' first, then columns'
        angles = torch.cat([angles, angles], -1)
        rotary = (angles.cos(), angles.sin())
        added = (1 - mask) * MASKED
        for number, block in enumerate(visual.blocks):
            whole = number in visual.fullatt_block_indexes
            attend = across if whole else within
            hidden = hidden + attend(block.attn, block.norm1(hidden), rotary, added)
            hidden = hidden + block.mlp(block.norm2(hidden))
        return visual.merger(hidden.flatten(0, 1))


def heads(attention, hidden, rotary) -> list[torch.Tensor]:
    """Queries, keys and values, [windows, places, heads, width]."""
    windows, places, _ = hidden.shape
    query, key, value = attention.qkv(hidden).reshape(windows, places, 3, attention.num_heads, -1).unbind(2)
    return [*apply_rotary_pos_emb_vision(query, key, *rotary), value]


def within(attention, hidden, rotary, added) -> torch.Tensor:
    query, key, value = (part.transpose(1, 2) for part in heads(attention, hidden, rotary))
    scores = query @ key.transpose(2, 3) * attention.scaling + added[:, None, None, :]
    return attention.proj((scores.softmax(-1) @ value).transpose(1, 2).flatten(2))


def across(attention, hidden, rotary, added) -> torch.Tensor:
    query, key, value = (part.flatten(0, 1) for part in heads(attention, hidden, rotary))
    seen = [
        (query[:, head] @ key[:, head].T * attention.scaling + added.flatten()).softmax(-1) @ value[:, head]
        for head in range(attention.num_heads)
    ]
    return attention.proj(torch.cat(seen, -1)).reshape(hidden.shape)


def vision(model) -> Vision:
    return Vision(model)


def example(model) -> dict:
    vision = model.config.vision_config
    side = vision.window_size // vision.patch_size
    axes, places = {0: "windows"}, side * side
    values = vision.in_channels * vision.temporal_patch_size * vision.patch_size**2
    return {
        "pixel_values": (torch.zeros((2, places, values)), axes),
        "positions": (torch.zeros((2, places, 2)), axes),
        "mask": (torch.ones((2, places)), axes),
    }


def cases(model) -> list[Case]:
    """A text; pictures of several windows, of which the last ones are smaller; and one of a single token."""
    return [text_case(grid=GRID), *(picture_case(model.config, *size) for size in ((4, 8), (7, 10), (1, 1), (9, 3)))]


def picture_case(config, height: int, width: int) -> Case:
    """`height` × `width` merged patches of random values."""
    vision = config.vision_config
    merge, side = vision.spatial_merge_size, vision.window_size // vision.patch_size // vision.spatial_merge_size
    values = vision.in_channels * vision.temporal_patch_size * vision.patch_size**2
    pixels = np.random.RandomState(height * width).standard_normal((height * width, merge * merge, values)).astype(np.float32)
    order, places = windows_of(height, width, side)
    row, column = (np.arange(height * width) // width)[:, None] * merge, (np.arange(height * width) % width)[:, None] * merge
    inside = np.arange(merge * merge)
    where = np.stack([row + inside // merge, column + inside % merge], -1).astype(np.float32)
    used = order >= 0
    windows = order.shape[0]
    feed = {
        "pixel_values": np.where(used[..., None, None], pixels[order], 0).reshape(windows, -1, values),
        "positions": np.where(used[..., None, None], where[order], 0).reshape(windows, -1, 2),
        "mask": np.repeat(used, merge * merge, 1).astype(np.float32),
    }
    tokens = height * width
    ids = np.concatenate([[5, config.vision_start_token_id], np.full(tokens, config.image_token_id), [8, 9, 10]])[None].astype(np.int64)
    rows = np.concatenate([[0, 0], places + 1, [0, 0, 0]])[None].astype(np.int64)
    end = 2 + max(height, width)
    picture = [np.full(tokens, 2), 2 + np.arange(tokens) // width, 2 + np.arange(tokens) % width]
    positions = np.stack([np.concatenate([[0, 1], each, [end, end + 1, end + 2]]) for each in picture])[:, None].astype(np.int64)
    grid = torch.tensor([[1, height * merge, width * merge]])
    inputs = {"pixel_values": torch.from_numpy(pixels).flatten(0, 1), "image_grid_thw": grid}
    return Case(ids, inputs, feed, rows, positions)


def windows_of(height: int, width: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """The number of the merged patch at each place of each window, or -1; and each one's place, counted over all windows."""
    order, places = [], np.zeros(height * width, np.int64)
    for top in range(0, height, side):
        for left in range(0, width, side):
            inside = [y * width + x for y in range(top, min(top + side, height)) for x in range(left, min(left + side, width))]
            places[inside] = len(order) * side * side + np.arange(len(inside))
            order.append(inside + [-1] * (side * side - len(inside)))
    return np.array(order), places
