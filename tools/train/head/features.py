"""What every way to score needs of a set's queries and candidates, computed once and kept."""

import pickle

import numpy as np
import torch

import bm25
import weighting
import windows
from idf import idf
from paths import CACHE
from sets import ranked
from table import special_ids

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
        with torch.inference_mode():
            kept = [of_query(given, i) | {"bm25": bm25.scores(words, given, i)} for i in range(len(given.rows))]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(kept))
    return given, pickle.loads(file.read_bytes())


def of_query(given, i):
    asked = given.queries.rows(given.rows[i])
    ids = given.queries.tokens[asked]
    query = torch.from_numpy(np.array(given.queries.vectors[asked])).float()
    spans = [given.documents.rows(document) for document in given.candidates[i]]
    tokens = np.concatenate([given.documents.tokens[span] for span in spans])
    starts = np.cumsum([0] + [span.stop - span.start for span in spans[:-1]])
    vectors = torch.from_numpy(np.concatenate([given.documents.vectors[span] for span in spans])).float()
    cosines = (vectors @ query.T).numpy()
    special = np.isin(ids, list(special_ids().values()))
    same = (tokens[:, None] == ids) & ~special
    back = np.add.reduceat(cosines.max(axis=1), starts) / np.diff(np.append(starts, len(tokens)))
    out = {
        "tokens": ids,
        "dense": given.dense[i],
        "best": np.maximum.reduceat(cosines, starts, axis=0),  # best cosine of each query token
        "same": np.maximum.reduceat(np.where(same, cosines, -2), starts, axis=0),  # with the same piece; -2: not there
        "back": back,  # mean over the document's tokens of the best cosine with a query token
    }
    by_candidates = weighting.by_candidates(out)
    for bonus in BONUSES:
        maxima = windows.block_maxima(np.minimum(1, cosines + bonus * same) if bonus else cosines, starts)
        out[f"window {bonus}"] = windows.best_windows(maxima, np.ones(len(ids)))
        out[f"window by candidates {bonus}"] = windows.best_windows(maxima, by_candidates)
    return out
