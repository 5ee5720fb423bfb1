"""nDCG@10 over the dense top 30 of held-out sets: dense, late interaction, the cross-encoder and their sums.

    validate.py [--queries 200] [--last 3] [--checkpoint STEP] [--start-share 0.2] [--threads 2]
"""

import argparse
import json
import random
import time

import numpy as np
import torch
from tokenizers import Tokenizer

from beir import documents, qrels, queries
from checkpoints import averaged, found
from head.metrics import ndcg10
from head.sets import texts
from lists import QUERY_LENGTH
from mine import vectors
from model import score
from paths import START

# Splits that no training query comes from, and the most queries of each.
HELD_OUT = {"medquad": ("dev", 200), "selqa": ("dev", 200), "mbpp": ("test", 150)}
DEPTH = 30
LENGTH = 256
WEIGHTS = [0.5, 1, 2]


def z(scores):
    return (scores - scores.mean()) / (scores.std() + 1e-9)


def vectors_of(stored, i):
    return stored.vectors[stored.rows(i)].astype(np.float32)


def candidates(name, split, most):
    """For each query: judgements, and the dense top 30 with dense and late-interaction scores ([CLS] left out)."""
    asked, stored, query_ids, document_ids = vectors(name)
    judged = {q: row for q, row in qrels(name, split).items() if any(s > 0 for s in row.values())}
    chosen = sorted(judged)
    random.Random(1).shuffle(chosen)
    row_of = {q: i for i, q in enumerate(query_ids)}
    token_queries, token_documents = texts(name, "queries"), texts(name, "documents")
    for query in chosen[:most]:
        scores = stored @ asked[row_of[query]]
        top = np.argpartition(-scores, DEPTH)[:DEPTH]
        top = top[np.argsort(-scores[top])]
        own = vectors_of(token_queries, row_of[query])
        late = np.array([(own @ vectors_of(token_documents, i).T).max(1).mean() for i in top])
        yield query, judged[query], [document_ids[i] for i in top], scores[top], late


def pairs_of(query, texts, tokenizer):
    """Token ids and types of `[CLS] query [SEP] text [SEP]`."""
    asked = tokenizer.encode(query).ids[1:-1][:QUERY_LENGTH]
    for text in texts:
        passage = tokenizer.encode(text).ids[1:-1][: LENGTH - len(asked) - 3]
        ids = [101, *asked, 102, *passage, 102]
        yield ids, [0] * (len(asked) + 2) + [1] * (len(passage) + 1)


def ways(dense, late, cross):
    """Name → scores to sort by."""
    out = {"dense": dense, "late": late, "cross": cross}
    for weight in WEIGHTS:
        out[f"late+{weight}*cross"] = z(late) + weight * z(cross)
        out[f"dense+{weight}*cross"] = z(dense) + weight * z(cross)
    out["dense+late"] = z(dense) + z(late)
    return out


def measure(model, most):
    tokenizer = Tokenizer.from_file(str(START / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    table = {}
    for name, (split, limit) in HELD_OUT.items():
        passages, questions = documents(name), queries(name)
        gains = []
        for query, judged, ids, dense, late in candidates(name, split, min(most, limit)):
            with torch.inference_mode():
                cross = score(model, list(pairs_of(questions[query], [passages[d] for d in ids], tokenizer))).numpy()
            found_gains = np.array([judged.get(d, 0) for d in ids])
            ideal = np.array(sorted((s for s in judged.values() if s > 0), reverse=True))
            gains.append({way: ndcg10(s, found_gains, ideal) for way, s in ways(dense, late, cross).items()})
        print(f"{name}: {len(gains)} queries", flush=True)
        table[name] = {way: round(float(np.mean([g[way] for g in gains])), 4) for way in gains[0]}
    table["mean"] = {way: round(float(np.mean([row[way] for row in table.values()])), 4) for way in table["mbpp"]}
    return table


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--last", type=int, default=3, help="mean of this many last checkpoints")
    parser.add_argument("--checkpoint", type=int, help="this step's alone")
    parser.add_argument("--start-share", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    paths = found()[-given.last :] if given.checkpoint is None else [p for p in found() if int(p.stem[-6:]) == given.checkpoint]
    model = averaged(paths, given.start_share).bfloat16()
    began = time.time()
    table = measure(model, given.queries)
    print(json.dumps({"checkpoints": [p.stem for p in paths], "start_share": given.start_share, "seconds": round(time.time() - began)}))
    print(f"{'':18}" + "".join(f"{name:>10}" for name in table))
    for way in table["mean"]:
        print(f"{way:18}" + "".join(f"{row[way]:10.4f}" for row in table.values()))


if __name__ == "__main__":
    main()
