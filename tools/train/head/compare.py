"""nDCG@10 over the dense top 100 of every way to score, and its difference to plain late interaction with bootstrap intervals.

The weights' table that a set is measured with is made without that set's documents.
"""

import csv

import numpy as np

import features
import metrics
from idf import by_place, idf
from matches import special_ids
from paths import CACHE
from table import ADDED, SEP_WEIGHT, weights
from weighting import by_candidates, from_candidates, half_sep, mean, same_piece

SEP = special_ids()["[SEP]"]


def standard(scores):
    return (scores - scores.mean()) / (scores.std() + 1e-9)


def first(x, depth):
    """The same query with its first candidates only, for what depends on the others."""
    return {name: value if name == "tokens" else value[:depth] for name, value in x.items()}


def ways(without):
    """{name: scores of a query's candidates}."""
    rare, table, place = idf(without=without), weights(without=without), -np.log(by_place()).astype(np.float32) + ADDED
    place[SEP] = SEP_WEIGHT
    out = {
        "dense": lambda x: x["dense"],
        "plain": lambda x: x["best"].mean(axis=1),
        "plain, [SEP] left out": lambda x: x["best"][:, :-1].mean(axis=1) if x["best"].shape[1] > 1 else x["best"][:, 0],
        "plain, 4th power": lambda x: (x["best"].clip(0) ** 4).mean(axis=1),
        "plain + 0.25 document to query": lambda x: x["best"].mean(axis=1) + 0.25 * x["back"],
        "idf": lambda x: mean(x["best"], half_sep(rare[x["tokens"]])),
        "square root of idf": lambda x: mean(x["best"], half_sep(rare[x["tokens"]] ** 0.5)),
        "idf, between 2 and 8": lambda x: mean(x["best"], half_sep(rare[x["tokens"]].clip(2, 8))),
        "idf + 1": lambda x: mean(x["best"], half_sep(rare[x["tokens"]] + 1)),
        "idf + 4": lambda x: mean(x["best"], half_sep(rare[x["tokens"]] + 4)),
        "table (idf + 2)": lambda x: mean(x["best"], table[x["tokens"]]),
        "weights by place in vocabulary": lambda x: mean(x["best"], place[x["tokens"]]),
        "table + 0.03 share of words found": lambda x: mean(x["best"] + 0.03 * (x["same"] > -2), table[x["tokens"]]),
        "idf of candidates + 1": lambda x: mean(x["best"], half_sep(from_candidates(x) + 1)),
    }
    for bonus in (0.02, 0.03, 0.04, 0.06, 0.1):
        out[f"plain, same piece {bonus}"] = lambda x, bonus=bonus: same_piece(x, bonus).mean(axis=1)
    for bonus in (0.02, 0.03, 0.04, 0.06, 0.08, 0.1):
        out[f"table, same piece {bonus}"] = lambda x, bonus=bonus: mean(same_piece(x, bonus), table[x["tokens"]])
    for bonus in (0, 0.01, 0.02, 0.03, 0.04, 0.06):
        out[f"by candidates, same piece {bonus}"] = lambda x, bonus=bonus: mean(same_piece(x, bonus), by_candidates(x))
    for bonus in features.BONUSES:
        for part in (0.5, 1):
            out[f"plain, same piece {bonus}, + {part} window"] = lambda x, bonus=bonus, part=part: same_piece(x, bonus).mean(axis=1) + part * x[f"window {bonus}"]
            out[f"by candidates, same piece {bonus}, + {part} window"] = (
                lambda x, bonus=bonus, part=part: mean(same_piece(x, bonus), by_candidates(x)) + part * x[f"window by candidates {bonus}"]
            )
    chosen = out["by candidates, same piece 0.02"]
    for part in (0.1, 0.25):
        out[f"... 0.02 + {part} dense (z-scores)"] = lambda x, part=part: standard(chosen(x)) + part * standard(x["dense"])
        out[f"... 0.02 + {part} BM25 (z-scores)"] = lambda x, part=part: standard(chosen(x)) + part * standard(x["bm25"])
        out[f"plain + {part} BM25 (z-scores)"] = lambda x, part=part: standard(x["best"].mean(axis=1)) + part * standard(x["bm25"])
    for depth in (10, 30):
        out[f"plain on the first {depth}"] = lambda x, depth=depth: onto(x, depth, out["plain"])
        out[f"by candidates, same piece 0.02, on the first {depth}"] = lambda x, depth=depth: onto(x, depth, chosen)
    return out


def onto(x, depth, score):
    """Only the first candidates are scored anew; the others stay behind them."""
    scores = -np.arange(len(x["dense"]), dtype=np.float64) - 10
    scores[:depth] = score(first(x, depth))
    return scores


def main():
    found = {}
    for name in features.SETS:
        given, kept = features.of_set(name)
        for way, score in ways(without=name).items():
            found.setdefault(way, {})[name] = metrics.of_set(given, [score(x) for x in kept])
        print(name, len(kept), flush=True)
    plain = found["plain"]
    with open(CACHE / "head/variants.csv", "w", newline="") as file:
        write = csv.writer(file)
        write.writerow(["way", "set", "queries", "nDCG@10", "difference to plain", "low", "high"])
        for way, each in found.items():
            for name, values in each.items():
                write.writerow([way, name, len(values), round(values.mean(), 4), *(round(v, 4) for v in metrics.interval(values - plain[name]))])
            write.writerow([way, "mean", "", round(np.mean([v.mean() for v in each.values()]), 4), *(round(v, 4) for v in metrics.interval_of_means([each[n] - plain[n] for n in each]))])
    lines = [f"| {' | '.join(['', *features.SETS, 'mean', 'difference to plain'])} |", "| --- |" + " --- |" * (len(features.SETS) + 2)]
    for way, each in found.items():
        cells = []
        for name, values in each.items():
            _, low, high = metrics.interval(values - plain[name])
            cells.append(f"{values.mean():.4f}{' +' if low > 0 else ' −' if high < 0 else ''}")
        difference = metrics.interval_of_means([each[name] - plain[name] for name in each])
        lines.append(f"| {way} | {' | '.join(cells)} | {np.mean([v.mean() for v in each.values()]):.4f} | {difference[0]:+.4f} [{difference[1]:+.4f}, {difference[2]:+.4f}] |")
    (CACHE / "head/variants.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
