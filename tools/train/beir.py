"""Reads retrieval sets in BEIR layout."""

import json
from collections import defaultdict

from paths import data, folder


def lines(path):
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def documents(name):
    """id → title and text, in the corpus's order."""
    return {row["_id"]: f"{row.get('title') or ''} {row['text']}".strip() for row in lines(folder(name) / "corpus.jsonl")}


def titled(name):
    """id → (title, text)."""
    return {row["_id"]: (row.get("title") or "", row["text"]) for row in lines(folder(name) / "corpus.jsonl")}


def queries(name):
    """id → text."""
    return {row["_id"]: row["text"] for row in lines(folder(name) / "queries.jsonl")}


def qrels(name, split):
    """query id → {document id: score}."""
    judged = defaultdict(dict)
    for line in (folder(name) / "qrels" / f"{split}.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, score = line.split("\t")
        judged[query][document] = int(score)
    return judged


def pairs():
    """(dataset, query id, document id, label, how it was found) of the open training pairs; scifact is left out so that its test stays clean."""
    for line in (data() / "training-pairs/open-en.tsv").read_text(encoding="utf-8").splitlines():
        dataset, query, document, label, how = line.split("\t")
        if dataset != "scifact":
            yield dataset, query, document, int(label), how
