"""Ways to rank a query's candidates: places, best first. `cross` gives the cross-encoder's scores of places."""

import numpy as np

from pipeline.weighting import by_candidates, mean, same_piece

from pipeline.fusion import fuse, only, order

BONUS = 0.03
LATE = {
    "plain": lambda best: best["best"].mean(axis=1),
    "by candidates": lambda best: mean(same_piece(best, BONUS), by_candidates(best)),
}
KINDS = tuple(LATE)
# The product's depths: the cross-encoder's over what it is given; in a search late interaction's, and the cross-encoder's.
READ = 30
READ_LATE = 50
READ_SEARCH = 40
# BM25's weight in the product's first stage; the rest of 1 is the vectors'.
WORDS = 0.3


def remembered(query, key, compute):
    if key not in query.memory:
        query.memory[key] = compute()
    return query.memory[key]


def late(query, kind, places):
    """Late interaction's scores of these places, which by candidates depend on one another."""
    return LATE[kind]({"best": query.best[places], "same": query.same[places]}).astype(np.float64)


def dense(query, cross):
    return query.dense_first


def lexical(query, cross):
    return query.lexical_first


def behind(scores, read, others):
    """Scores with what was not read strictly below what was, in the order of `others`."""
    rank = np.empty(len(scores))
    rank[order(others)] = np.arange(len(scores))
    out = np.where(np.isin(np.arange(len(scores)), read), scores, -np.inf)
    rest = np.isneginf(out)
    out[rest] = scores[read].min() - 1 - rank[rest]
    return out


def reranked(query, cross, kind, weight, depth=READ, rest="worst"):
    """The dense top 100: `kind`'s scores, and the cross-encoder's of their best, as z-scores. `weight` None: its alone, then the rest.

    `rest`: what candidates that it has not read have of it: its worst score; its mean; "own": they are not in z-scores at all and stay below.
    """
    places = query.dense_first
    base = remembered(query, ("base", kind), lambda: query.dense[places] if kind == "dense" else late(query, kind, places))
    read = order(base)[:depth]
    if weight == 0:
        return places[order(base)]
    logits = cross(query, places[read])
    scores = only(read, logits, len(places))
    if weight is None:
        return places[order(behind(scores, read, base))]
    if rest == "own":
        return places[order(behind(fuse([(1, only(read, base[read], len(places))), (weight, scores)]), read, base))]
    if rest == "mean":
        # Not fuse's own z-scores: these would change with what is filled in.
        return places[order(fuse([(1, base)]) + weight * np.where(np.isnan(scores), 0, (scores - logits.mean()) / (logits.std() or 1)))]
    return places[order(fuse([(1, base), (weight, scores)]))]


def pipeline(query, cross, kind, late_weight, cross_weight, lexical_weight=WORDS, depth=READ_SEARCH, late_depth=READ_LATE):
    """The retriever's search: words and vectors, late interaction over the best `late_depth`, then the cross-encoder over the best `depth`."""
    key = kind if late_weight else None, late_weight, lexical_weight, late_depth
    stages, ranked = remembered(query, key, lambda: before_cross(query, *key))
    if cross_weight == 0:
        return ranked
    read = ranked[:depth]
    return again(ranked, [*stages, (cross_weight, only(read, cross(query, read), len(ranked)))])


def before_cross(query, kind, late_weight, lexical_weight, late_depth):
    stages = [(lexical_weight, query.lexical), (1 - lexical_weight, query.dense)]
    ranked = order(fuse(stages))
    if late_weight:
        read = ranked[:late_depth]
        stages.append((late_weight, only(read, late(query, kind, read), len(ranked))))
        ranked = again(ranked, stages)
    return stages, ranked


def again(ranked, stages):
    """In the new order; equal ones in the one so far."""
    return ranked[order(fuse(stages)[ranked])]
