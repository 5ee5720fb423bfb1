"""Which mean of checkpoints to export: the last one, two, three, and with a share of the start, by a few ways on held-out sets.

    compare_means.py [--queries 60] [--checkpoint STEP] [--last 1 2 3] [--start-share 0 0.1 0.2] [--length 256] [--threads 1]

The shares are tried with the most checkpoints of `--last`.
"""

import argparse
from functools import partial

import torch

from checkpoints import averaged, until
from choose import sample
from pipeline import report
from pipeline.cross import Scores
from pipeline.measure import measure
from pipeline.ways import pipeline, reranked

WAYS = {
    "late interaction, cross-encoder alone": partial(reranked, kind="by candidates", weight=None),
    "late interaction, cross-encoder × 1": partial(reranked, kind="by candidates", weight=1),
    "search, late interaction × 1.5, cross-encoder × 1.5": partial(pipeline, kind="by candidates", late_weight=1.5, cross_weight=1.5),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--checkpoint", type=int, help="the last is this step's")
    parser.add_argument("--last", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--start-share", type=float, nargs="+", default=[0.0, 0.1, 0.2])
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    samples = sample(given.queries, brief=True)
    paths = until(given.checkpoint)
    most = max(given.last)
    found = {way: {} for way in WAYS}
    for last, share in sorted({(last, 0.0) for last in given.last} | {(most, share) for share in given.start_share}):
        measured = measure(WAYS, samples, Scores(averaged(paths[-last:], share), given.length))
        for way, values in measured.items():
            found[way][f"last {last}, {share:g} of the start"] = values
    print(f"The last: {paths[-1].stem}; {given.queries} queries a set.")
    for way, means in found.items():
        print(f"\n{way}:\n\n{report.table(means, next(iter(means)))}")


if __name__ == "__main__":
    main()
