"""What every way to score needs of a set's queries and candidates, computed once and kept."""

import pickle

import numpy as np

import bm25
import weighting
import windows
from matches import best, cosines
from paths import CACHE
from sets import ranked

BONUSES = (0, 0.02, 0.03, 0.04)
# name: splits, and how many queries at most
SETS = {
    "mbpp": (["test", "dev", "train"], None),
    "selqa": (["dev"], None),
    "medquad": (["dev"], None),
    "xquad-en": (["test"], 600),
    "pubmedqa": (["test"], 600),
    "qed-dev": (["test"], 500),
    "squadshifts-wiki": (["all"], 500),
    "squadshifts-reddit": (["all"], 500),
    "squadshifts-amazon": (["all"], 500),
}


def of_set(name):
    """The `Ranked` set, and for each query a dictionary of arrays, [candidates, query tokens] or [candidates]."""
    splits, most = SETS[name]
    given = ranked(name, splits, most)
    file = CACHE / "head/features" / f"{name}.pickle"
    if not file.exists():
        words = bm25.index(name)
        kept = [of_query(given, i) | {"bm25": bm25.scores(words, given, i)} for i in range(len(given.rows))]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(kept))
    return given, pickle.loads(file.read_bytes())


def of_query(given, i):
    rows = given.candidates[i]
    ids = given.queries.tokens[given.queries.rows(given.rows[i])]
    found, same, starts = cosines(given.queries, given.rows[i], given.documents, rows)
    out = {
        "tokens": ids,
        "dense": given.dense[i],
        **best(found, same, starts),
        # mean over the document's tokens of the best cosine with a query token
        "back": np.add.reduceat(found.max(axis=1), starts) / np.diff(np.append(starts, len(found))),
    }
    by_candidates = weighting.by_candidates(out)
    for bonus in BONUSES:
        maxima = windows.block_maxima(np.minimum(1, found + bonus * same) if bonus else found, starts)
        out[f"window {bonus}"] = windows.best_windows(maxima, np.ones(len(ids)))
        out[f"window by candidates {bonus}"] = windows.best_windows(maxima, by_candidates)
    return out
