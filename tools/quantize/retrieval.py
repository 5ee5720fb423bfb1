"""nDCG@10 of dense retrieval: dot product of normalised CLS vectors, the instruction on queries only."""

import numpy as np

import data

SETS = {"en": [("scifact", "test"), ("chroma-chunks", "test")], "zh": [("cmrc2018-dev", "test"), ("drcd", "test")]}
INSTRUCTION = {"en": "Represent this sentence for searching relevant passages: ", "zh": "\u4e3a\u8fd9\u4e2a\u53e5\u5b50\u751f\u6210\u8868\u793a\u4ee5\u7528\u4e8e\u68c0\u7d22\u76f8\u5173\u6587\u7ae0\uff1a"}
QUERIES = 800  # at most this many of a set, evenly spaced


def measure(encoder, language):
    for name, split in SETS[language]:
        documents, queries, relevant = data.corpus(name), data.queries(name), data.judgements(name, split)
        chosen = list(relevant)[:: max(1, -(-len(relevant) // QUERIES))]
        keys = np.array(list(documents))
        vectors = encoder.vectors(documents.values())
        asked = encoder.vectors([INSTRUCTION[language] + queries[q] for q in chosen])
        total = 0.0
        for query, scores in zip(chosen, asked @ vectors.T):
            total += ndcg(keys[np.argsort(-scores, kind="stable")[:10]], relevant[query])
        print(f"{name} {split}: nDCG@10 {total / len(chosen):.4f} over {len(chosen)} queries, {len(keys)} documents", flush=True)


def ndcg(ranked, gains):
    discounts = 1 / np.log2(np.arange(2, 12))
    ideal = np.sort(list(gains.values()))[::-1][:10]
    return sum(gains.get(key, 0) * d for key, d in zip(ranked, discounts)) / (ideal * discounts[: len(ideal)]).sum()
