"""Weights of the query's tokens, and the scores they make of the best cosines."""

import numpy as np


def mean(rows, weight):
    return (rows * weight).sum(axis=1) / weight.sum()


def half_sep(weight):
    """[SEP] weighs half the mean of the others."""
    weight = np.array(weight, np.float32)
    weight[-1] = weight[:-1].mean() / 2 if len(weight) > 1 else 1
    return weight


def same_piece(x, bonus):
    """Best of cosine, or of cosine with the same piece plus a bonus; 1 at most."""
    return np.minimum(1, np.maximum(x["best"], x["same"] + bonus))


def from_candidates(x):
    """[query tokens]: idf of the pieces among the candidates themselves; [SEP] counts as in none."""
    found = (x["same"] > -2).sum(axis=0)
    return np.log((1 + len(x["best"])) / (found + 0.5))


def by_candidates(x, added=1.0, absent=0.5):
    """The idf among the candidates, plus `added`; a piece that none of them has tells them apart badly, so it weighs less."""
    found = (x["same"] > -2).sum(axis=0)
    return half_sep((from_candidates(x) + added) * np.where(found == 0, absent, 1))
