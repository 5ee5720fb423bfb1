"""How rare each word piece is in openly licensed English text.

A passage is a window of 128 pieces, so that long documents do not make every word look common. The share of
passages with a piece is taken in each set alone and then averaged: the largest set, on health, must not make its
words common. Pieces that no set has, or few, lean on what their place in the vocabulary says: it is sorted by
frequency (BERT's own text, Wikipedia and books).
"""

import numpy as np
from tokenizers import Tokenizer

from beir import documents
from paths import CACHE, EMBEDDER

SETS = ["selqa", "medquad", "squadshifts-wiki", "squadshifts-reddit", "squadshifts-amazon", "qed-dev", "clapnq-dev"]
PIECES = 30522
WINDOW = 128
FIRST_BY_FREQUENCY = 1996  # "the"; before it stand special, unused and single-character pieces


def pieces(name):
    """Token ids of each document, uncut, without [CLS] and [SEP]."""
    tokenizer = Tokenizer.from_file(str(EMBEDDER / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = list(documents(name).values())
    for start in range(0, len(texts), 1000):
        for encoding in tokenizer.encode_batch_fast(texts[start : start + 1000], add_special_tokens=False):
            yield np.array(encoding.ids, np.int64)


def counts(name):
    """Passages with each piece, and passages."""
    file = CACHE / "head/counts" / f"{name}.npz"
    if not file.exists():
        found, passages = np.zeros(PIECES, np.int64), 0
        for ids in pieces(name):
            for start in range(0, len(ids), WINDOW):
                found[np.unique(ids[start : start + WINDOW])] += 1
                passages += 1
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, found=found, passages=passages)
    kept = np.load(file)
    return kept["found"], int(kept["passages"])


def by_place():
    """A guess at the share of passages with a piece from its place in the vocabulary alone (Zipf's law)."""
    rank = np.maximum(np.arange(PIECES) - FIRST_BY_FREQUENCY + 1, 1)
    share = 1 - (1 - 0.06 / (rank + 2.7)) ** WINDOW
    share[:FIRST_BY_FREQUENCY] = 1e-4
    return share


def shares(without=None, prior=0.3):
    """The mean share of passages with each piece. `prior`: how many sets the guess by place counts for."""
    each = []
    for name in SETS:
        if name != without:
            found, passages = counts(name)
            each.append(found / passages)
    return (np.sum(each, axis=0) + prior * by_place()) / (len(each) + prior)


def idf(**options):
    return -np.log(shares(**options)).astype(np.float32)
