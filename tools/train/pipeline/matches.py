"""How the tokens of a query match those of documents."""

import json
from functools import cache

import numpy as np

from paths import EMBEDDER


@cache
def special_ids():
    tokenizer = json.loads((EMBEDDER / "tokenizer.json").read_text())
    return {token["content"]: token["id"] for token in tokenizer["added_tokens"] if token["special"]}


def cosines(queries, row, documents, rows):
    """float32 [tokens of all documents, query tokens]; which of them are the same word piece, and not special; each document's first row."""
    asked = queries.rows(row)
    ids = queries.tokens[asked]
    spans = [documents.rows(document) for document in rows]
    tokens = np.concatenate([documents.tokens[span] for span in spans])
    starts = np.cumsum([0] + [span.stop - span.start for span in spans[:-1]])
    vectors = np.concatenate([documents.vectors[span] for span in spans]).astype(np.float32)
    same = (tokens[:, None] == ids) & ~np.isin(ids, list(special_ids().values()))
    return vectors @ queries.vectors[asked].astype(np.float32).T, same, starts


def best(found, same, starts):
    """Of each document [documents, query tokens]: the best cosine, and the best with the same piece; -2: not there."""
    return {"best": np.maximum.reduceat(found, starts, axis=0), "same": np.maximum.reduceat(np.where(same, found, -2), starts, axis=0)}
