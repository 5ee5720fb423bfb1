"""What the stages of a search and their sums reach on held-out sets with the trained cross-encoder, to choose the product's weights by.

    choose.py [--queries 120] [--last 3] [--checkpoint STEP] [--start-share 0.2] [--length 256] [--threads 1] [--brief]

Writes <cache>/choose/<checkpoints>.md: reranking the dense top 100, and the whole search.
"""

import argparse
import time
from functools import partial
from itertools import product

import torch

from checkpoints import averaged, until
from paths import CACHE
from pipeline import queries, report
from pipeline.cross import Scores
from pipeline.measure import measure
from pipeline.ways import KINDS, READ, READ_LATE, READ_SEARCH, WORDS, dense, lexical, pipeline, reranked

FUSED = (0.25, 0.5, 0.75, 1, 1.5, 2)
LATE = (0, 0.5, 1, 1.5, 2, 3)
CROSS = (0, 0.5, 1, 1.5, 2, 3)
LEXICAL = (0.2, 0.3, 0.4)
DEPTHS = (30, 40, 50)
LATE_DEPTHS = (30, 50, 100)


def rerankings():
    """Over the dense top 100; {(kind, weight): way}."""
    return {(kind, weight): partial(reranked, kind=kind, weight=weight) for kind in ("dense", *KINDS) for weight in (0, *FUSED, None)}


def name_of(kind, weight, depth=READ):
    if weight == 0:
        return kind
    return f"{kind}, cross-encoder of {depth}" + (" alone" if weight is None else f" × {weight}")


def searches():
    """{(kind, late weight, cross weight): way}; late interaction of weight 0 is the same in both kinds."""
    return {
        (kind, late, cross): partial(pipeline, kind=kind, late_weight=late, cross_weight=cross) for kind in KINDS for late in LATE for cross in CROSS
    }


def reranking_table(measured, alone, chosen, more):
    best = {name_of(kind, weight): values for (kind, weight), values in measured.items()}
    lines = ["## Over the dense top 100", "", f"A kind of late interaction over all 100, plus the cross-encoder over its best {READ} (z-scores).", ""]
    lines += [report.table({**best, **more}, "plain", alone), ""]
    lines += [f"Of {kind}, best with its neighbours and nowhere below dense or BM25: × {weight}." for kind, weight in chosen.items()]
    return lines


def search_table(measured, alone, chosen, more):
    lines = ["", "## Search", "", f"Words {WORDS} and vectors {1 - WORDS}, late interaction over the best {READ_LATE}, the cross-encoder over the best {READ_SEARCH}.", ""]
    rows = {"words and vectors": measured["plain", 0, 0], **dict(zip(("dense alone", "BM25 alone"), alone))}
    for kind, (late, cross) in chosen.items():
        rows |= {f"{kind} × {a}, cross-encoder × {b}": measured[kind, a, b] for a, b in ((late, 0), (0, cross), (late, cross), (1.5, 1.5), (1, 1)) if a or b}
    lines += [report.table({**rows, **more}, "words and vectors", alone), ""]
    shown = {"mean": lambda v: f"{report.mean(v):.4f}", "least margin over dense and BM25": lambda v: f"{report.margin(v, alone)[0]:+.4f}"}
    shown |= {name: lambda v, name=name: f"{v[name].mean():.4f}" for name in alone[0]}
    for kind in KINDS:
        cells = {(late, cross): measured[kind, late, cross] for late in LATE for cross in CROSS}
        lines += [f"### Late interaction: {kind}", "", f"Best with its neighbours, nowhere below dense or BM25: {' and '.join(map(str, chosen[kind]))}.", ""]
        for title, value in shown.items():
            lines += [report.grid(cells, value, LATE, CROSS, f"{title}; late interaction ↓ cross-encoder →"), ""]
    return lines


def neighbours(chosen_weights, chosen_search):
    """Other depths and ways to treat what was not read at the chosen weights; other shares of words."""
    over_dense, search = {}, {}
    for kind, weight in chosen_weights.items():
        over_dense |= {name_of(kind, weight, depth): partial(reranked, kind=kind, weight=weight, depth=depth) for depth in DEPTHS if depth != READ}
        over_dense[f"{name_of(kind, weight)}, the rest as its mean"] = partial(reranked, kind=kind, weight=weight, rest="mean")
        over_dense[f"{name_of(kind, weight)}, z-scores of what it read alone"] = partial(reranked, kind=kind, weight=weight, rest="own")
    for kind, (late, cross) in chosen_search.items():
        way = partial(pipeline, kind=kind, late_weight=late, cross_weight=cross)
        name = f"{kind} × {late}, cross-encoder × {cross}"
        search |= {f"{name}, words {share}": partial(way, lexical_weight=share) for share in LEXICAL if share != WORDS}
        search |= {f"{name}, of {late_depth} and {depth}": partial(way, depth=depth, late_depth=late_depth) for late_depth, depth in product(LATE_DEPTHS, DEPTHS) if (late_depth, depth) != (READ_LATE, READ_SEARCH)}
    return over_dense, search


def choose(samples, scores, brief):
    dense_measured, search_measured, both = (measure(ways, samples, scores) for ways in (rerankings(), searches(), {"dense": dense, "BM25": lexical}))
    alone = [both["dense"], both["BM25"]]
    weights = {kind: report.flattest({(kind, w): dense_measured[kind, w] for w in FUSED}, (kind,), FUSED, alone)[1] for kind in KINDS}
    pair = {kind: report.flattest({(a, b): search_measured[kind, a, b] for a in LATE for b in CROSS}, LATE, CROSS, alone) for kind in KINDS}
    more = ({}, {}) if brief else tuple(measure(ways, samples, scores) for ways in neighbours(weights, pair))
    return [*reranking_table(dense_measured, alone, weights, more[0]), *search_table(search_measured, alone, pair, more[1])]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--queries", type=int, default=120, help=f"of each set, at most {queries.KEPT}; half of that of sets that are trained on")
    parser.add_argument("--last", type=int, default=3, help="mean of this many last checkpoints")
    parser.add_argument("--checkpoint", type=int, help="the last is this step's")
    parser.add_argument("--start-share", type=float, default=0.0)
    parser.add_argument("--length", type=int, default=256, help="tokens of a pair")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--brief", action="store_true", help="held-out sets and the grids alone")
    return parser.parse_args()


def sample(most, brief):
    sizes = {name: most for name in queries.HELD_OUT} | ({} if brief else {name: most // 2 for name in queries.TRAINED_ON})
    return {name: queries.load(name, size) for name, size in sizes.items()}


def main():
    given = arguments()
    torch.set_num_threads(given.threads)
    began = time.time()
    samples = sample(given.queries, given.brief)
    paths = until(given.checkpoint)[-given.last :]
    steps = "-".join(str(int(path.stem[-6:])) for path in paths)
    lines = choose(samples, Scores(averaged(paths, given.start_share), given.length), given.brief)
    sizes = ", ".join(f"{name} {len(some)}" for name, some in samples.items())
    lines = [f"# nDCG@10, mean of the checkpoints {steps}, {given.start_share} of the start", "", f"Queries: {sizes}. Pairs of {given.length} tokens.", "", *lines]
    target = CACHE / "choose" / f"{steps}-{given.start_share}-{given.queries}.md"
    target.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    print(f"{target}, {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
