"""Texts a second, 1 thread, one text a run: files take turns, so that a busy machine is unfair to none."""

import time
from statistics import NormalDist

import numpy as np

ROUNDS = 7


def lengths(count=60):
    """Token counts of a mixed load: log-normal by its quantiles, median 55, mean 86, at most 512; in a mixed order."""
    normal = NormalDist(np.log(55), 0.98)
    drawn = [normal.inv_cdf((i + 0.5) / count) for i in range(count)]
    return np.random.default_rng(3).permutation(np.clip(np.rint(np.exp(drawn)), 4, 512).astype(int))


def measure(encoders):
    """encoders: name -> Encoder. Ratios are to the first."""
    rng = np.random.default_rng(5)
    texts = [[101, *map(int, rng.integers(1000, 20000, n - 2)), 102] for n in lengths()]
    taken = {name: [] for name in encoders}
    for turn in range(ROUNDS + 1):
        for name, encoder in encoders.items():
            start = time.perf_counter()
            for text in texts:
                encoder.hidden([text], 1)
            if turn:
                taken[name].append(time.perf_counter() - start)
    print(f"{len(texts)} texts, median {np.median(lengths()):.0f} and mean {np.mean(lengths()):.0f} tokens")
    first = np.median(next(iter(taken.values())))
    for name, times in taken.items():
        print(f"{name}: {len(texts) / np.median(times):.1f} texts/s, {first / np.median(times):.2f} times the first (median of {ROUNDS} turns)")
