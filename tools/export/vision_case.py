"""A prompt that an exported vision language model is checked with."""

from dataclasses import dataclass, field

import numpy as np
import torch


@dataclass
class Case:
    """As the torch model takes it, and as the two graphs do."""

    ids: np.ndarray  # [1, tokens]
    torch_inputs: dict[str, torch.Tensor] = field(default_factory=dict)
    vision: dict[str, np.ndarray] | None = None  # of the first graph; without a picture none
    rows: np.ndarray | None = None  # [1, tokens]
    positions: np.ndarray | None = None  # [3, 1, tokens]


def text_case(grid: bool = False) -> Case:
    ids = np.arange(5, 25)[None].astype(np.int64)
    positions = np.broadcast_to(np.arange(20), (3, 1, 20)).astype(np.int64) if grid else None
    return Case(ids, rows=np.zeros_like(ids), positions=positions)
