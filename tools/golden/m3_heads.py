"""The two heads of a tiny bge-m3, in files of their own as the published model has them."""

from pathlib import Path

import numpy as np
import torch


def write_m3_heads(folder: Path, hidden: int, seed: int) -> None:
    """About half of all tokens get a sparse weight."""
    random = np.random.RandomState(seed)
    for name, rows in (("colbert_linear", hidden), ("sparse_linear", 1)):
        weight, bias = random.standard_normal((rows, hidden)) / hidden**0.5, 0.1 * random.standard_normal(rows)
        torch.save({"weight": as_float(weight), "bias": as_float(bias)}, folder / f"{name}.pt")


def as_float(values: np.ndarray) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)
