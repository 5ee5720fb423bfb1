"""Checkpoints, and the mean of several as one model."""

import torch

from model import start
from paths import CACHE

FOLDER = CACHE / "reranker"


def found():
    """Paths, the oldest first."""
    return sorted(FOLDER.glob("checkpoint-*.pt"))


def until(step):
    """The same up to a step's; all without one."""
    return [path for path in found() if step is None or int(path.stem[-6:]) <= step]


def averaged(paths, start_share=0.0):
    """A model with the mean weights of some checkpoints, mixed with the start's encoder where a share is given."""
    if not paths:
        raise SystemExit(f"{FOLDER} has no such checkpoint.")
    model = start(0)
    named = dict(model.named_parameters())
    with torch.no_grad():
        first = {name: value.clone() for name, value in named.items()}
        states = [torch.load(path, weights_only=True, map_location="cpu")["master"] for path in paths]
        for name in states[0]:
            mean = sum(state[name] for state in states) / len(states)
            share = start_share if name.startswith("bert.") else 0.0
            named[name].copy_((1 - share) * mean + share * first[name])
    return model.eval()
