"""A set of texts as `encode.py` left it: token vectors, token ids, and who is relevant to whom."""

import json
from dataclasses import dataclass

import numpy as np

import beir
from paths import CACHE

DIMENSIONS = 384
CANDIDATES = 100


@dataclass
class Texts:
    """`vectors` [tokens, 384] float16 of all texts one after another; text i is rows offsets[i] to offsets[i + 1]."""

    ids: list
    offsets: np.ndarray
    tokens: np.ndarray
    vectors: np.ndarray

    def rows(self, i):
        """The rows of text i that late interaction uses: [CLS] left out."""
        return slice(self.offsets[i] + 1, self.offsets[i + 1])


def texts(name, side):
    folder = CACHE / name
    vectors = np.memmap(folder / f"{side}.f16", np.float16, "r").reshape(-1, DIMENSIONS)
    return Texts(
        json.loads((folder / f"{side}.ids.json").read_text()),
        np.load(folder / f"{side}.offsets.npy"),
        np.load(folder / f"{side}.tokens.npy"),
        vectors,
    )


def dense_queries(name):
    """[queries, 384] float16: their vectors with the instruction."""
    return np.fromfile(CACHE / name / "queries.dense.f16", np.float16).reshape(-1, DIMENSIONS)


def qrels(name, splits):
    """{query: {document: score}} of the splits' judgements."""
    return {query: grades for split in splits for query, grades in beir.qrels(name, split).items()}


@dataclass
class Ranked:
    """A set's judged queries, each with its dense top 100: what a reranker is given."""

    name: str
    queries: Texts
    documents: Texts
    rows: list  # of each query: its row in queries
    candidates: list  # of each query: rows in documents, best first
    dense: list  # of each query: the candidates' cosines
    gains: list  # of each query: the candidates' judged relevance
    ideal: list  # of each query: all judged relevances, greatest first


def ranked(name, splits, most=None, depth=CANDIDATES):
    """`most`: a random sample of that many queries, the same one each time."""
    queries, documents = texts(name, "queries"), texts(name, "documents")
    cls = documents.vectors[documents.offsets[:-1]].astype(np.float32)
    asked = dense_queries(name)
    judged = {query: grades for query, grades in qrels(name, splits).items() if any(grade > 0 for grade in grades.values())}
    rows = [row for row, id in enumerate(queries.ids) if id in judged]
    if most and len(rows) > most:
        rows = sorted(np.random.default_rng(0).choice(rows, most, replace=False).tolist())
    out = Ranked(name, queries, documents, rows, [], [], [], [])
    for start in range(0, len(rows), 256):
        block = rows[start : start + 256]
        cosines = asked[block].astype(np.float32) @ cls.T
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :depth]
        for row, order, of_all in zip(block, best, cosines):
            grades = judged[queries.ids[row]]
            out.candidates.append(order)
            out.dense.append(of_all[order])
            out.gains.append(np.array([max(0, grades.get(documents.ids[i], 0)) for i in order], np.float32))
            out.ideal.append(np.array(sorted((max(0, grade) for grade in grades.values()), reverse=True), np.float32))
    return out
