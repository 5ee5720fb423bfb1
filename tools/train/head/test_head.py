"""python test_head.py: the parts that could go wrong without a sign."""

import math
import unittest

import numpy as np

import features
import metrics
from idf import FIRST_BY_FREQUENCY, shares
from matches import special_ids
from table import STEPS, weights
from weighting import by_candidates, mean, same_piece
from windows import best_windows, block_maxima


class Head(unittest.TestCase):
    def test_ndcg(self):
        # Gains 0, 1, 2 in the order of the scores; the ideal has one more relevant document.
        got = metrics.ndcg10([3, 2, 1], np.array([0.0, 1.0, 2.0]), np.array([2.0, 1.0, 1.0]))
        want = (1 / math.log2(3) + 2 / 2) / (2 + 1 / math.log2(3) + 1 / 2)
        self.assertAlmostEqual(got, want)

    def test_same_piece_counts_only_where_it_is(self):
        x = {"best": np.array([[0.5, 0.9, 0.99]]), "same": np.array([[0.49, -2, 0.99]])}
        np.testing.assert_allclose(same_piece(x, 0.06), [[0.55, 0.9, 1]])
        np.testing.assert_allclose(mean(same_piece(x, 0), np.array([1, 1, 2])), [(0.5 + 0.9 + 2 * 0.99) / 4])

    def test_windows_against_a_plain_loop(self):
        cosines = np.random.default_rng(0).random((140, 3))
        starts, weight = np.array([0, 5, 37, 70]), np.array([1.0, 2.0, 3.0])
        got = best_windows(block_maxima(cosines, starts), weight)
        for i, (start, end) in enumerate(zip(starts, [5, 37, 70, 140])):
            firsts = range(start, max(start + 1, end - 24), 8)
            self.assertAlmostEqual(got[i], max(cosines[first : min(end, first + 32)].max(axis=0) @ weight / 6 for first in firsts))

    def test_weights_by_candidates(self):
        same = np.full((4, 3), -2.0)
        same[0, 1] = 0.5
        want = np.array([(np.log(5 / 0.5) + 1) / 2, np.log(5 / 1.5) + 1, 0])
        want[2] = want[:2].mean() / 2
        np.testing.assert_allclose(by_candidates({"best": np.ones((4, 3)), "same": same}), want, rtol=1e-6)

    def test_weights(self):
        table, special = weights(), special_ids()
        self.assertTrue(np.array_equal(np.round(table * STEPS), table * STEPS))
        self.assertEqual([table[special[name]] for name in ("[CLS]", "[PAD]", "[SEP]", "[UNK]")], [0, 0, 3, 6])
        plain = np.delete(table, list(special.values()))
        self.assertGreater(plain.min(), 2)
        self.assertLess(table[FIRST_BY_FREQUENCY], table[FIRST_BY_FREQUENCY + 5000])

    def test_a_set_left_out_leaves_no_trace(self):
        share = shares(without="medquad")
        self.assertTrue(np.all((share > 0) & (share < 1)))
        self.assertFalse(np.array_equal(share, shares()))

    def test_features_against_a_plain_loop(self):
        given, kept = features.of_set("qed-dev")
        for i in (0, 7):
            asked = given.queries.rows(given.rows[i])
            query, ids = given.queries.vectors[asked].astype(np.float32), given.queries.tokens[asked]
            span = given.documents.rows(given.candidates[i][3])
            document, tokens = given.documents.vectors[span].astype(np.float32), given.documents.tokens[span]
            for q in range(len(ids)):
                cosines = document @ query[q]
                self.assertAlmostEqual(kept[i]["best"][3, q], cosines.max(), places=5)
                same = cosines[(tokens == ids[q]) & (ids[q] not in special_ids().values())]
                self.assertAlmostEqual(kept[i]["same"][3, q], same.max() if len(same) else -2, places=5)


if __name__ == "__main__":
    unittest.main()
