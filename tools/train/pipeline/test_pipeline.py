"""PYTHONPATH=. python pipeline/test_pipeline.py: the parts that could go wrong without a sign."""

import json
import subprocess
import unittest

import numpy as np

from pipeline.cross import Wanted
from pipeline.fusion import fuse, only, order
from pipeline.lexical import CASCADE, scores
from pipeline.queries import Query
from pipeline.ways import KINDS, pipeline, reranked

FUSE = """
const { fuse } = await import(process.argv[1]);
const stages = JSON.parse(process.argv[2]).map(([weight, scores]) => ({ weight, scores: scores.map((score) => score ?? undefined) }));
console.log(JSON.stringify([...fuse(stages, stages[0].scores.length)]));
"""


def made(seed, documents=150):
    """A query with random scores."""
    rng = np.random.default_rng(seed)
    tokens = 6
    best = rng.random((documents, tokens))
    return Query(
        set="made",
        row=seed,
        documents=rng.permutation(1000)[:documents],
        lexical=np.where(rng.random(documents) < 0.3, 0, rng.random(documents) * 20),
        dense=rng.random(documents),
        dense_first=rng.permutation(documents)[:100],
        lexical_first=np.arange(100),
        tokens=np.arange(2000, 2000 + tokens),
        best=best,
        same=np.where(rng.random((documents, tokens)) < 0.5, -2, best),
        gains=np.zeros(documents),
        ideal=np.ones(1),
    )


def cross(query, places):
    return np.sin(query.documents[places] * 7.3)


class Pipeline(unittest.TestCase):
    def test_fusion_is_the_product_s(self):
        rng = np.random.default_rng(0)
        stages = [(weight, rng.normal(size=40)) for weight in (0.3, 0.7, 1.5, 2)]
        stages[2][1][rng.permutation(40)[:25]] = np.nan
        stages[3][1][:] = 1
        given = json.dumps([[weight, [None if np.isnan(s) else s for s in some]] for weight, some in stages])
        done = subprocess.run(["node", "--input-type=module", "-e", FUSE, str(CASCADE), given], stdout=subprocess.PIPE, check=True)
        np.testing.assert_allclose(fuse(stages), json.loads(done.stdout), atol=1e-12)

    def test_words_by_the_product(self):
        [found] = scores(["red apples grow", "the green pear", "apple"], ["apple"])
        self.assertEqual((found > 0).tolist(), [True, False, True])

    def test_what_is_not_read_stays_below(self):
        for seed in range(20):
            for kind in KINDS:
                ranked = pipeline(made(seed), cross, kind, 1.5, 0)
                after = pipeline(made(seed), cross, kind, 1.5, 2)
                self.assertEqual(set(after[:40]), set(ranked[:40]))
                np.testing.assert_array_equal(after[40:], ranked[40:])
                for rest in ("worst", "own"):
                    query = made(seed)
                    before = reranked(query, cross, kind, 0)
                    np.testing.assert_array_equal(reranked(query, cross, kind, 1, rest=rest)[30:], before[30:])
                np.testing.assert_array_equal(reranked(query, cross, kind, None)[30:], before[30:])

    def test_cross_encoder_alone_is_its_order(self):
        query = made(1)
        got = reranked(query, cross, "plain", None)[:30]
        np.testing.assert_array_equal(got, got[order(cross(query, got))])

    def test_a_search_of_one_stage(self):
        query = made(2)
        np.testing.assert_array_equal(pipeline(query, cross, "plain", 0, 0, lexical_weight=0), order(query.dense))

    def test_wanted_pairs_are_those_asked_for(self):
        query, wanted, asked = made(3), Wanted(), set()
        pipeline(query, wanted, "by candidates", 1, 1)
        pipeline(query, lambda q, places: asked.update((q.row, int(d)) for d in q.documents[places]) or cross(q, places), "by candidates", 1, 1)
        self.assertEqual(wanted.pairs["made"], asked)
        self.assertEqual(len(asked), 40)

    def test_only(self):
        np.testing.assert_array_equal(only([2, 0], np.array([5.0, 6.0]), 3), [6, np.nan, 5])


if __name__ == "__main__":
    unittest.main()
