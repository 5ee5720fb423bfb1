"""nDCG@10 over the dense top 100 of every way to score, and its difference to plain late interaction with bootstrap intervals.

The weights' table that a set is measured with is made without that set's documents.
"""

import csv

import numpy as np

import features
import metrics
from idf import by_place, idf
from paths import CACHE
from table import ADDED, SEP_WEIGHT, special_ids, weights

SEP = special_ids()["[SEP]"]


def mean(rows, weight):
    return (rows * weight).sum(axis=1) / weight.sum()


def half_sep(weight):
    """[SEP] weighs half the mean of the others."""
    weight = np.array(weight, np.float32)
    weight[-1] = weight[:-1].mean() / 2 if len(weight) > 1 else 1
    return weight


def standard(scores):
    return (scores - scores.mean()) / (scores.std() + 1e-9)


def same_piece(x, bonus):
    """Best of cosine, or of cosine with the same piece plus a bonus; 1 at most."""
    return np.minimum(1, np.maximum(x["best"], x["same"] + bonus))


def from_candidates(x):
    """idf of the query's pieces among the candidates themselves."""
    found = (x["same"] > -2).sum(axis=0)
    return np.log((1 + len(x["best"])) / (found + 0.5))


def ways(without):
    """{name: scores of a query's candidates}."""
    rare, table, place = idf(without=without), weights(without=without), -np.log(by_place()).astype(np.float32) + ADDED
    place[SEP] = SEP_WEIGHT
    out = {
        "dense": lambda x: x["dense"],
        "plain": lambda x: x["best"].mean(axis=1),
        "plain, [SEP] left out": lambda x: x["best"][:, :-1].mean(axis=1) if x["best"].shape[1] > 1 else x["best"][:, 0],
        "idf": lambda x: mean(x["best"], half_sep(rare[x["tokens"]])),
        "square root of idf": lambda x: mean(x["best"], half_sep(rare[x["tokens"]] ** 0.5)),
        "idf, between 2 and 8": lambda x: mean(x["best"], half_sep(rare[x["tokens"]].clip(2, 8))),
        "idf + 1": lambda x: mean(x["best"], half_sep(rare[x["tokens"]] + 1)),
        "idf + 4": lambda x: mean(x["best"], half_sep(rare[x["tokens"]] + 4)),
        "table (idf + 2)": lambda x: mean(x["best"], table[x["tokens"]]),
        "weights by place in vocabulary": lambda x: mean(x["best"], place[x["tokens"]]),
        "idf of candidates + 1": lambda x: mean(x["best"], half_sep(from_candidates(x) + 1)),
        "plain + 0.25 document to query": lambda x: x["best"].mean(axis=1) + 0.25 * x["back"],
        "plain, 4th power": lambda x: (x["best"].clip(0) ** 4).mean(axis=1),
    }
    for bonus in (0.03, 0.06, 0.1):
        out[f"plain, same piece {bonus}"] = lambda x, bonus=bonus: same_piece(x, bonus).mean(axis=1)
    for bonus in (0.02, 0.04, 0.06, 0.08, 0.1, 0.15):
        out[f"table, same piece {bonus}"] = lambda x, bonus=bonus: mean(same_piece(x, bonus), table[x["tokens"]])
    for bonus in (0.03, 0.06):
        out[f"table + {bonus} share of words found"] = lambda x, bonus=bonus: mean(x["best"] + bonus * (x["same"] > -2), table[x["tokens"]])
    chosen = out["table, same piece 0.06"]
    for part in (0.1, 0.25, 0.5):
        out[f"... + {part} dense (z-scores)"] = lambda x, part=part: standard(chosen(x)) + part * standard(x["dense"])
        out[f"... + {part} BM25 (z-scores)"] = lambda x, part=part: standard(chosen(x)) + part * standard(x["bm25"])
        out[f"plain + {part} BM25 (z-scores)"] = lambda x, part=part: standard(x["best"].mean(axis=1)) + part * standard(x["bm25"])
    return out


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
