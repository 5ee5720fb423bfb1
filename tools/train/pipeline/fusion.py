"""The product's fusion (packages/core/src/scoring/cascade.ts)."""

import numpy as np


def fuse(stages):
    """The sum over stages (weight, scores) of weight times z-score; NaN, not scored, counts as the stage's worst."""
    fused = np.zeros(len(stages[0][1]))
    for weight, scores in stages:
        unknown = np.isnan(scores)
        known = scores[~unknown]
        if weight == 0 or len(known) == 0 or known.std() == 0:
            continue
        fused += weight * (np.where(unknown, known.min(), scores) - known.mean()) / known.std()
    return fused


def order(scores):
    """Places, the best first; equal ones stay in their order."""
    return np.argsort(-scores, kind="stable")


def only(places, scores, total):
    """Scores at these places, NaN at all others."""
    out = np.full(total, np.nan)
    out[places] = scores
    return out
