"""The scores of bge-m3's outputs, written out once more."""

import numpy as np

from check_vectors import lexical, normalised

SCORE = 1e-4


def score_difference(scores: list[dict], inputs, run) -> float:
    worst = 0
    for entry in scores:
        query = outputs(inputs.text(entry["query"]), run)
        document = outputs(inputs.text(entry["document"], entry.get("maxDocumentTokens", 512)), run)
        dense = query["dense"] @ document["dense"]
        sparse = sum(weight * document["sparse"].get(id, 0) for id, weight in query["sparse"].items())
        colbert = (query["rows"] @ document["rows"].T).max(axis=1).mean()
        d, s, c = entry["weights"]
        found = {
            "dense": dense, "sparse": sparse, "colbert": colbert, "sparse+dense": (s * sparse + d * dense) / (s + d),
            "colbert+sparse+dense": (c * colbert + s * sparse + d * dense) / (c + s + d),
        }
        worst = max(worst, *(abs(float(value) - entry[kind]) for kind, value in found.items()))
    if not worst <= SCORE:
        raise SystemExit(f"a score differs by {worst}, more than {SCORE}")
    return worst


def outputs(ids: list[int], run) -> dict:
    found = run(ids, [0] * len(ids))
    return {
        "dense": normalised(found["dense"]), "sparse": lexical(found["sparse"], ids), "rows": normalised(found["multi_vector"]),
    }
