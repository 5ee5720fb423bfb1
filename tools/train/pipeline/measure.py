"""nDCG@10 of ways, by set and query."""

import numpy as np

from pipeline.metrics import ndcg10

from pipeline.cross import Wanted


def gain(query, ranking):
    top = ranking[:10]
    return ndcg10(-np.arange(len(top)), query.gains[top], query.ideal)


def measure(ways, samples, cross):
    """{way: {set: nDCG@10 of each query}}; `ways`: {name: ranking of (query, cross)}. What `cross` lacks is computed."""
    wanted = Wanted()
    for queries in samples.values():
        for query in queries:
            for way in ways.values():
                way(query, wanted)
    cross.compute(wanted)
    return {
        name: {of: np.array([gain(query, way(query, cross)) for query in queries]) for of, queries in samples.items()}
        for name, way in ways.items()
    }
