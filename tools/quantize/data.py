"""Reads retrieval sets in BEIR layout from the folder that BGE_JS_DATA names."""

import csv
import json
import os
import random
from pathlib import Path


def folder(name):
    root = os.environ.get("BGE_JS_DATA")
    if not root:
        raise SystemExit("BGE_JS_DATA must name the folder of the retrieval sets")
    return Path(root) / name


def corpus(name):
    """Document id -> text, the title first."""
    with open(folder(name) / "corpus.jsonl", encoding="utf-8") as lines:
        rows = map(json.loads, lines)
        return {row["_id"]: f"{row.get('title', '')} {row['text']}".strip() for row in rows}


def queries(name):
    with open(folder(name) / "queries.jsonl", encoding="utf-8") as lines:
        return {row["_id"]: row["text"] for row in map(json.loads, lines)}


def judgements(name, split):
    """Query id -> {document id: gain}, gains above 0 only."""
    out = {}
    with open(folder(name) / "qrels" / f"{split}.tsv", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if int(row["score"]) > 0:
                out.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    return out


def sample(name, count, seed=7):
    texts = list(corpus(name).values())
    return random.Random(seed).sample(texts, min(count, len(texts)))
