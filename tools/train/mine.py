"""Chooses hard negatives for every training query with the embedder's own ranking, and sets the likely false ones apart.

Writes mined.jsonl, a row per query: `set`, `query` (its id) or `sentence` (out of its passage: statements as queries, which no set
asks), `positives`, `negatives` (the nearest first, the last two random), and `near`, candidates so near that they may be answers:
screen.py judges them.
"""

import json
import os
import random
from collections import Counter, defaultdict

import numpy as np

from beir import documents, pairs, qrels, queries, titled
from encode import query_vectors
from pipeline.sets import dense_queries, texts
from paths import CACHE, JUDGED, PAIRED, held_out
from sentences import sentences

DEPTH = 60
KEPT = 14
NEAR = 6
# A candidate this near to the query, relative to the positive, or this near to the positive itself, may well be an answer too.
TOO_GOOD = 0.95
TOO_ALIKE = 0.95
# Queries whose positive the embedder does not find at all are mostly not understandable alone ("What size is it?").
WORST_RANK = 30
MOST = {"squadshifts-wiki": 6000, "squadshifts-reddit": 3000, "squadshifts-amazon": 3000, "medquad": 5000}
# Passages that give sentences, at most, and how many each.
SENTENCES = {"pubmedqa": (1000, 5), "qed-dev": (1000, 1), "clapnq-dev": (500, 1), "squadshifts-wiki": (1000, 1), "medquad": (1000, 1)}
# Of each query, at most so many passages that share its words, as the pairs name them: what the embedder does not find near.
LEXICAL = 2


def judged(name):
    """query id → (positives, negatives that people refused, negatives that BM25 found), without held-out queries."""
    found = defaultdict(lambda: ([], [], []))
    if name in JUDGED:
        rows = ((q, d, s, "human") for q, row in qrels(name, JUDGED[name]).items() for d, s in row.items())
    else:
        rows = ((q, d, s, how) for n, q, d, s, how in pairs() if n == name)
    for query, document, score, how in rows:
        if score or how in ("human", "bm25"):
            found[query][0 if score else 1 if how == "human" else 2].append(document)
    return {q: all for q, all in found.items() if all[0] and not (name == "pubmedqa" and held_out(q))}


def plain(text):
    return " ".join(text.lower().split())


class Set:
    """A set's texts and dense vectors, and what its queries are told apart from."""

    def __init__(self, name, rng):
        self.name, self.rng = name, rng
        asked, encoded = dense_queries(name).astype(np.float32), texts(name, "documents")
        self.asked = asked / np.linalg.norm(asked, axis=1, keepdims=True)
        self.stored = encoded.vectors[encoded.offsets[:-1]].astype(np.float32)
        self.row_of = {q: i for i, q in enumerate(texts(name, "queries").ids)}
        self.ids = encoded.ids
        self.at = {d: i for i, d in enumerate(self.ids)}
        self.texts = {d: plain(text) for d, text in documents(name).items()}
        self.dropped = Counter()

    def row(self, vector, positives, taken, refused=(), lexical=()):
        """Positives, negatives and what may be either; None where the embedder does not find the positive."""
        scores = self.stored @ vector
        top = np.argpartition(-scores, min(DEPTH, len(scores) - 1))[:DEPTH]
        top = top[np.argsort(-scores[top])]
        best = max(positives, key=lambda d: scores[self.at[d]])
        own = float(scores[self.at[best]])
        if (scores > own).sum() >= WORST_RANK and not refused:
            self.dropped["positive not found"] += 1
            return None
        known = {self.texts[d] for d in positives}
        negatives, shared, near = [], [], []
        for place, i in enumerate([*top, *(self.at[d] for d in lexical)]):
            document = self.ids[i]
            if document in taken or self.texts[document] in known or self.stored[i] @ self.stored[self.at[best]] > TOO_ALIKE:
                continue
            known.add(self.texts[document])
            # A person has refused it: no margin needed.
            if document not in refused and scores[i] > TOO_GOOD * own:
                self.dropped["too near"] += 1
                near.append(document)
            else:
                (negatives if place < len(top) else shared).append(document)
        hard = [d for d in refused if d not in negatives and self.texts[d] not in known]
        others = self.rng.sample(hard, min(2, len(hard))) + self.rng.sample(shared, min(LEXICAL, len(shared)))
        negatives = (negatives[: KEPT - 2 - len(others)] + others)[: KEPT - 2]
        while len(negatives) < KEPT:
            document = self.rng.choice(self.ids)
            if document not in taken and self.texts[document] not in known:
                negatives.append(document)
        return {"set": self.name, "positives": sorted(positives, key=lambda d: -scores[self.at[d]])[:4], "negatives": negatives, "near": near[:NEAR]}


def asked(whole, answers):
    """Rows of the set's own queries."""
    questions = queries(whole.name)
    # In medquad several sources answer one question: an answer to the same question is not a negative.
    same = defaultdict(set)
    for query, (positives, *_) in answers.items():
        same[plain(questions[query])].update(positives)
    chosen = sorted(answers)
    whole.rng.shuffle(chosen)
    found = []
    for query in chosen:
        if len(found) == MOST.get(whole.name):
            break
        positives, refused, lexical = answers[query]
        row = whole.row(whole.asked[whole.row_of[query]], positives, set(positives) | same[plain(questions[query])], refused, lexical)
        if row:
            found.append({**row, "query": query})
    return found


def stated(whole, answers):
    """Rows of sentences out of passages that answer some query, and so are no held-out ones."""
    if whole.name not in SENTENCES:
        return []
    passages, each = SENTENCES[whole.name]
    stored = titled(whole.name)
    answering = sorted({d for positives, *_ in answers.values() for d in positives})
    found = []
    for document in whole.rng.sample(answering, min(passages, len(answering))):
        some = sentences(stored[document][1][:2000])
        if len(some) >= 3:
            found += [(document, sentence) for sentence in whole.rng.sample(some, min(each, len(some)))]
    rows = []
    for (document, sentence), vector in zip(found, query_vectors([sentence for _, sentence in found])):
        row = whole.row(vector, [document], {document})
        if row:
            rows.append({**row, "sentence": sentence})
    return rows


def mine(name, rng):
    whole, answers = Set(name, rng), judged(name)
    rows, statements = asked(whole, answers), stated(whole, answers)
    print(f"{name}: {len(rows)} of {len(answers)} queries, {len(statements)} sentences, {dict(whole.dropped)}", flush=True)
    return rows + statements


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
