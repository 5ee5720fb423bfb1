"""One input alone through a FlagEmbedding class, with the number of tokens that the model was given."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

LARGEST_DIFFERENCE = 1e-5
BATCH = 8


def alone(model: torch.nn.Module, call: Callable[[], Any]) -> tuple[Any, int]:
    """The result of `call` and the tokens kept: those of the mask in the last run, padding not counted."""
    masks = []
    hook = model.register_forward_pre_hook(lambda _, args, inputs: masks.append(inputs["attention_mask"]), with_kwargs=True)
    try:
        result = call()
    finally:
        hook.remove()
    return result, int(masks[-1].sum())


def check_paddings(
    name: str, tokenizer: Any, together: Callable[[int], Any], expected: Any,
    largest: float = LARGEST_DIFFERENCE, sides: tuple[str, ...] = ("left", "right"),
) -> None:
    """What the reference itself promises: the same numbers in batches that are padded left, padded right.

    `together` computes all inputs in batches of the size that it is given.
    """
    side = tokenizer.padding_side
    for tokenizer.padding_side in sides:
        difference = float(np.abs(np.asarray(together(BATCH)) - np.asarray(expected)).max())
        print(f"{name}: alone and in batches, padded {tokenizer.padding_side}: largest difference {difference:.1e}")
        if difference > largest:
            raise SystemExit(f"{name}: the reference differs by {difference} in batches")
    tokenizer.padding_side = side
