"""nDCG@10 as trec_eval has it, and bootstrap intervals over queries."""

import numpy as np

DISCOUNTS = 1 / np.log2(np.arange(2, 12))


def ndcg10(scores, gains, ideal):
    """`scores`, `gains`: the candidates'; `ideal`: all judged relevances of the query, greatest first. Ties keep the candidates' order."""
    top = gains[np.argsort(-np.asarray(scores), kind="stable")[:10]]
    best = ideal[:10]
    return float((top * DISCOUNTS[: len(top)]).sum() / (best * DISCOUNTS[: len(best)]).sum())


def of_set(ranked, scores):
    """nDCG@10 of each query; `scores` has an array for each."""
    return np.array([ndcg10(*each) for each in zip(scores, ranked.gains, ranked.ideal)])


def interval(values, draws=2000, seed=0):
    """The mean and its 95 % bootstrap interval. Of paired differences: whether one way is better than another."""
    values = np.asarray(values)
    picks = np.random.default_rng(seed).integers(0, len(values), (draws, len(values)))
    low, high = np.percentile(values[picks].mean(axis=1), [2.5, 97.5])
    return float(values.mean()), float(low), float(high)


def interval_of_means(groups, draws=2000, seed=0):
    """The same for the mean over sets of each set's mean, every set's queries drawn anew."""
    generator = np.random.default_rng(seed)
    means = np.mean([np.asarray(g)[generator.integers(0, len(g), (draws, len(g)))].mean(axis=1) for g in groups], axis=0)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(np.mean([np.mean(g) for g in groups])), float(low), float(high)
