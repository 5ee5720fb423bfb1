"""Training queries with a positive and hard negatives from the frozen embedder's own ranking."""

from dataclasses import dataclass

import numpy as np

from paths import CACHE
from sets import DIMENSIONS, qrels, texts

SPLITS = {
    "selqa": "test",
    "medquad": "train",
    "squadshifts-wiki": "all",
    "squadshifts-reddit": "all",
    "squadshifts-amazon": "all",
    "qed-dev": "test",
    "clapnq-dev": "dev",
}
DEPTH = 60
MARGIN = 0.95  # a negative nearer to the query than this share of the positive's cosine may be a false one
LEAST = 4


@dataclass
class Mined:
    queries: object
    documents: object
    rows: np.ndarray  # [n] rows in queries
    positives: list  # of each, rows in documents
    negatives: list  # of each, rows in documents, hardest first


def mined(name, margin=MARGIN):
    queries, documents = texts(name, "queries"), texts(name, "documents")
    cls = documents.vectors[documents.offsets[:-1]].astype(np.float32)
    asked = np.fromfile(CACHE / name / "queries.dense.f16", np.float16).reshape(-1, DIMENSIONS)
    row_of = {id: row for row, id in enumerate(documents.ids)}
    judged = qrels(name, [SPLITS[name]])
    wanted = [row for row, id in enumerate(queries.ids) if any(grade > 0 for grade in judged.get(id, {}).values())]
    rows, positives, negatives = [], [], []
    for start in range(0, len(wanted), 256):
        block = wanted[start : start + 256]
        cosines = asked[block].astype(np.float32) @ cls.T
        for row, of_all in zip(block, cosines):
            good = [row_of[id] for id, grade in judged[queries.ids[row]].items() if grade > 0 and id in row_of]
            if not good:
                continue
            near = np.argpartition(-of_all, DEPTH)[:DEPTH]
            near = near[np.argsort(-of_all[near])]
            limit = margin * of_all[good].max()
            bad = [i for i in near.tolist() if i not in good and of_all[i] < limit]
            if len(bad) >= LEAST:
                rows.append(row)
                positives.append(good)
                negatives.append(bad)
    return Mined(queries, documents, np.array(rows), positives, negatives)
