"""Held-out queries with what the stages before the cross-encoder know of their candidates; computed once and kept."""

import os
import pickle
from dataclasses import dataclass, field

import numpy as np

import beir
from pipeline.matches import best, cosines
from pipeline.sets import dense_queries, qrels, texts
from paths import CACHE, CLAIMS

from pipeline import lexical
from pipeline.fusion import order

# Splits that no training query comes from; sets whose queries are trained on, which tell less.
HELD_OUT = {"medquad": "dev", "selqa": "dev", "mbpp": "test", "xquad-en": "test", CLAIMS: "test"}
TRAINED_ON = {"squadshifts-amazon": "all", "pubmedqa": "test"}
# Queries that are kept; a run may use fewer, always the same first ones.
KEPT = 150
FIRST = 100


@dataclass
class Query:
    set: str
    row: int  # among the set's queries
    documents: np.ndarray  # rows of the corpus: BM25's best 100, then what the best 100 by vectors add
    lexical: np.ndarray  # [documents]
    dense: np.ndarray  # [documents]
    dense_first: np.ndarray  # places in `documents` of the best 100 by vectors, best first
    lexical_first: np.ndarray  # the same by BM25; fewer where fewer have a word of the query
    tokens: np.ndarray  # [query tokens]
    best: np.ndarray  # [documents, query tokens]: best cosine
    same: np.ndarray  # [documents, query tokens]: best cosine with the same word piece; -2: not there
    gains: np.ndarray  # [documents]: judged relevance
    ideal: np.ndarray  # all judged relevances, greatest first
    memory: dict = field(default_factory=dict)  # scores that many ways share


def load(name, most):
    """The first `most` queries of a set's fixed random order."""
    file = CACHE / "choose/queries" / f"{name}-{lexical.version()}.pickle"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".unfinished")
        unfinished.write_bytes(pickle.dumps(compute(name)))
        os.replace(unfinished, file)
    return pickle.loads(file.read_bytes())[:most]


def compute(name):
    queries, documents = texts(name, "queries"), texts(name, "documents")
    judged = {q: grades for q, grades in qrels(name, [(HELD_OUT | TRAINED_ON)[name]]).items() if any(grade > 0 for grade in grades.values())}
    rows = np.random.default_rng(0).permutation([row for row, id in enumerate(queries.ids) if id in judged])[:KEPT]
    asked = beir.queries(name)
    words = lexical.scores(list(beir.documents(name).values()), [asked[queries.ids[row]] for row in rows])
    vectors = dense_queries(name)[rows].astype(np.float32)
    cls = documents.vectors[documents.offsets[:-1]].astype(np.float32)
    return [
        of_query(name, queries, documents, int(row), words[i].astype(np.float64), (cls @ vectors[i]).astype(np.float64), judged[queries.ids[row]])
        for i, row in enumerate(rows)
    ]


def of_query(name, queries, documents, row, words, dense, grades):
    by_words = order(words)[:FIRST]
    by_words = by_words[words[by_words] > 0]
    by_vectors = order(dense)[:FIRST]
    union = np.concatenate([by_words, by_vectors[~np.isin(by_vectors, by_words)]])
    place = {document: i for i, document in enumerate(union)}
    return Query(
        set=name,
        row=row,
        documents=union,
        lexical=words[union],
        dense=dense[union],
        dense_first=np.array([place[document] for document in by_vectors]),
        lexical_first=np.arange(len(by_words)),
        tokens=queries.tokens[queries.rows(row)],
        **best(*cosines(queries, row, documents, union)),
        gains=np.array([max(0, grades.get(documents.ids[i], 0)) for i in union], np.float32),
        ideal=np.array(sorted((grade for grade in grades.values() if grade > 0), reverse=True), np.float32),
    )
