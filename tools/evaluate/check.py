"""Compares what `npm run eval -- --out DIR` made of its rankings with trec_eval's own measures.

    pip install pytrec-eval-terrier==0.5.11 && python tools/evaluate/check.py DIR
"""

import json
import pathlib
import sys

import pytrec_eval

largest = {}
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
    records = json.loads(file.read_text())
    judged = {record["query"]: record["relevant"] for record in records}
    # trec_eval sorts by score.
    ranked = lambda record, depth: {id: float(-rank) for rank, id in enumerate(record["ranking"][:depth])}
    full = {record["query"]: ranked(record, 100) for record in records}
    ten = {record["query"]: ranked(record, 10) for record in records}
    measures = pytrec_eval.RelevanceEvaluator(judged, {"ndcg_cut_10", "recall_100"}).evaluate(full)
    reciprocal = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank"}).evaluate(ten)
    for record in records:
        query = record["query"]
        # A ranking without documents is none to trec_eval.
        theirs = {
            "nDCG@10": measures.get(query, {}).get("ndcg_cut_10", 0),
            "recall@100": measures.get(query, {}).get("recall_100", 0),
            "MRR@10": reciprocal.get(query, {}).get("recip_rank", 0),
        }
        for name, value in theirs.items():
            largest[name] = max(largest.get(name, 0), abs(value - record["metrics"][name]))
print("largest difference of a query:", largest)
sys.exit(max(largest.values()) > 1e-9)
