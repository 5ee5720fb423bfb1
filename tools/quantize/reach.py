"""How far each channel of the residual stream reaches, observed in float64 on calibration texts.

float64, so that another processor's order of summation does not change the bytes of the built file.
"""

import numpy as np

from calibration_pairs import pairs
from calibration_texts import CHINESE, ENGLISH, TEXTS


def calibration_rows(tokenizer, of_pairs, seed=1):
    """(ids, token types) of natural texts, or of pairs of them, and of random words."""
    return pair_rows(tokenizer, seed) if of_pairs else text_rows(tokenizer, seed)


def pair_rows(tokenizer, seed):
    rng = np.random.default_rng(seed)
    rows = [(e.ids, e.type_ids) for e in tokenizer.encode_batch(pairs(rng))]
    size = tokenizer.get_vocab_size()
    for query, text in ((1, 1), (1, 8), (3, 40), (8, 3), (8, 120), (12, 250), (20, 80), (40, 400), (120, 120), (380, 129)):
        for _ in range(4):
            first, second = ([*map(int, rng.integers(104, size, n)), 102] for n in (query, text))
            rows.append(([101, *first, *second], [0] * (1 + len(first)) + [1] * len(second)))
    return rows


def text_rows(tokenizer, seed):
    """Natural texts, long joins of them, single words, repeated words, random words."""
    rng = np.random.default_rng(seed)
    texts = list(TEXTS) + [""]
    for part in (ENGLISH, CHINESE, TEXTS):
        for length in (400, 900, 2600, 2600):
            texts.append(" ".join(part[i] for i in rng.permutation(len(part)))[:length])
    ids = [e.ids for e in tokenizer.encode_batch(texts)]
    size = tokenizer.get_vocab_size()
    framed = [rng.integers(104, size, n) for n in (1, 2, 3, 5, 8, 12, 20, 40, 80, 120, 200, 300, 510) for _ in range(4)]
    framed += [np.repeat(t, 12) for t in rng.integers(104, size, 60)]
    framed += [np.array([t]) for t in rng.integers(104, size, 100)]
    ids += [[101, *map(int, f), 102] for f in framed]
    return [(row, [0] * len(row)) for row in ids]


def observe(model, rows):
    """(lowest, highest) of every channel at the input of each layer's attention, attention output and feed-forward."""
    seen = {}

    def note(place, x):
        low, high = seen.get(place, (np.inf, -np.inf))
        seen[place] = np.minimum(low, x.min(axis=0)), np.maximum(high, x.max(axis=0))

    layers = [{k: tuple(v.astype(np.float64) for v in pair) for k, pair in layer.items()} for layer in model["layers"]]
    for ids, types in rows:
        x = model["words"][ids].astype(np.float64) + model["positions"][: len(ids)] + model["types"][types]
        x = normalise(x, *model["norm"])
        for i, layer in enumerate(layers):
            note((i, "attention"), x)
            mixed = attention(x, layer, model["heads"])
            note((i, "mixed"), mixed)
            x = normalise(x + dense(mixed, layer["attention_out"]), *layer["attention_norm"])
            note((i, "feed-forward"), x)
            x = normalise(x + dense(gelu(dense(x, layer["up"])), layer["down"]), *layer["output_norm"])
    return seen


def dense(x, pair):
    return x @ pair[0] + pair[1]


def attention(x, layer, heads):
    """Each token's mean of the value rows."""
    query, key, value = (dense(x, layer[n]).reshape(len(x), heads, -1).swapaxes(0, 1) for n in ("query", "key", "value"))
    scores = query @ key.swapaxes(1, 2) / np.sqrt(query.shape[2])
    scores = np.exp(scores - scores.max(axis=2, keepdims=True))
    mixed = (scores / scores.sum(axis=2, keepdims=True)) @ value
    return mixed.swapaxes(0, 1).reshape(len(x), -1)


def normalise(x, gain, bias):
    x = x - x.mean(axis=1, keepdims=True)
    return x / np.sqrt((x * x).mean(axis=1, keepdims=True) + 1e-12) * gain + bias


def gelu(x):
    """With the error function of Abramowitz and Stegun 7.1.26 (off by 1.5e-7 at most): enough to see a range."""
    z = np.abs(x) / np.sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * np.exp(-z * z)
    return 0.5 * x * (1 + np.sign(x) * (1 - tail))
