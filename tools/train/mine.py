"""Chooses hard negatives for every training query with the embedder's own ranking, and drops the likely false ones."""

import json
import os
import random
from collections import Counter, defaultdict

import numpy as np

from beir import documents, pairs, qrels, queries
from paths import CACHE, JUDGED, PAIRED, held_out

DEPTH = 60
KEPT = 14
# A candidate this near to the query, relative to the positive, or this near to the positive itself, may well be an answer too.
TOO_GOOD = 0.95
TOO_ALIKE = 0.95
# Queries whose positive the embedder does not find at all are mostly not understandable alone ("What size is it?").
WORST_RANK = 30
MOST = {"squadshifts-wiki": 4000, "squadshifts-reddit": 2000, "squadshifts-amazon": 2000, "medquad": 3000}
# Of each query, at most so many passages that share its words, as the pairs name them: what the embedder does not find near.
LEXICAL = 2


def judged(name):
    """query id → (positives, negatives that people refused, negatives that BM25 found)."""
    found = defaultdict(lambda: ([], [], []))
    if name in JUDGED:
        rows = ((q, d, s, "human") for q, row in qrels(name, JUDGED[name]).items() for d, s in row.items())
    else:
        rows = ((q, d, s, how) for n, q, d, s, how in pairs() if n == name)
    for query, document, score, how in rows:
        if score or how in ("human", "bm25"):
            found[query][0 if score else 1 if how == "human" else 2].append(document)
    return {q: all for q, all in found.items() if all[0]}


def vectors(name):
    """Dense vectors of the queries and of the documents, and their ids."""
    folder = CACHE / name
    asked = np.fromfile(folder / "queries.dense.f16", "<f2").reshape(-1, 384).astype(np.float32)
    rows = np.memmap(folder / "documents.f16", "<f2", "r").reshape(-1, 384)
    first = np.load(folder / "documents.offsets.npy")[:-1]
    return (
        asked / np.linalg.norm(asked, axis=1, keepdims=True),
        rows[first].astype(np.float32),
        json.loads((folder / "queries.ids.json").read_text()),
        json.loads((folder / "documents.ids.json").read_text()),
    )


def plain(text):
    return " ".join(text.lower().split())


def mine(name, rng):
    asked, stored, query_ids, document_ids = vectors(name)
    texts, questions = documents(name), queries(name)
    at = {d: i for i, d in enumerate(document_ids)}
    row_of = {q: i for i, q in enumerate(query_ids)}
    answers = judged(name)
    # In medquad several sources answer one question: an answer to the same question is not a negative.
    same = defaultdict(set)
    for query, (positives, *_) in answers.items():
        same[plain(questions[query])].update(positives)
    chosen = sorted(query for query in answers if name != "pubmedqa" or not held_out(query))
    rng.shuffle(chosen)
    out, dropped = [], Counter()
    for query in chosen:
        if len(out) == MOST.get(name):
            break
        positives, refused, lexical = answers[query]
        scores = stored @ asked[row_of[query]]
        top = np.argpartition(-scores, min(DEPTH, len(scores) - 1))[:DEPTH]
        top = top[np.argsort(-scores[top])]
        best = max(positives, key=lambda d: scores[at[d]])
        own = float(scores[at[best]])
        if (scores > own).sum() >= WORST_RANK and not refused:
            dropped["positive not found"] += 1
            continue
        known = {plain(texts[d]) for d in positives}
        taken = set(positives) | same[plain(questions[query])]
        negatives, shared = [], []
        for place, i in enumerate([*top, *(at[d] for d in lexical)]):
            document = document_ids[i]
            if document in taken or plain(texts[document]) in known:
                continue
            # A person has refused it: no margin needed.
            if document not in refused and (scores[i] > TOO_GOOD * own or stored[i] @ stored[at[best]] > TOO_ALIKE):
                dropped["too near"] += 1
                continue
            known.add(plain(texts[document]))
            (negatives if place < len(top) else shared).append(document)
        hard = [d for d in refused if d not in negatives and plain(texts[d]) not in known]
        others = rng.sample(hard, min(2, len(hard))) + rng.sample(shared, min(LEXICAL, len(shared)))
        negatives = (negatives[: KEPT - 2 - len(others)] + others)[: KEPT - 2]
        while len(negatives) < KEPT:
            document = rng.choice(document_ids)
            if document not in taken and plain(texts[document]) not in known:
                negatives.append(document)
        out.append({"set": name, "query": query, "positives": sorted(positives, key=lambda d: -scores[at[d]])[:4], "negatives": negatives})
    print(f"{name}: {len(out)} of {len(answers)} queries, {dict(dropped)}", flush=True)
    return out


def main():
    target = CACHE / "mined.jsonl"
    if target.exists():
        return
    rng = random.Random(0)
    rows = [row for name in PAIRED + list(JUDGED) for row in mine(name, rng)]
    unfinished = target.with_suffix(".unfinished")
    unfinished.write_text("".join(json.dumps(row) + "\n" for row in rows))
    os.replace(unfinished, target)


if __name__ == "__main__":
    main()
