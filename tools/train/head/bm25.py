"""BM25 of a query's candidates, with the statistics of the whole set (k1 1.2, b 0.75)."""

import re
from collections import Counter

import numpy as np

from beir import documents, queries

K1, B = 1.2, 0.75


def words(text):
    return re.findall(r"\w+", text.lower())


def index(name):
    counted = [Counter(words(text)) for text in documents(name).values()]
    found = Counter(word for counter in counted for word in counter)
    lengths = np.array([counter.total() for counter in counted])
    return counted, found, lengths / lengths.mean(), queries(name)


def scores(made, ranked, i):
    counted, found, lengths, asked = made
    rows = ranked.candidates[i]
    out = np.zeros(len(rows))
    for word in words(asked[ranked.queries.ids[ranked.rows[i]]]):
        if word in found:
            rarity = np.log(1 + (len(counted) - found[word] + 0.5) / (found[word] + 0.5))
            times = np.array([counted[row][word] for row in rows])
            out += rarity * times * (K1 + 1) / (times + K1 * (1 - B + B * lengths[rows]))
    return out
