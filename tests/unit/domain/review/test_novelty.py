import math

import numpy as np
import pytest

from domain.review.novelty import UNKNOWN, novelty


def towards(*degrees):
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


NOTHING = np.zeros((0, 2))


class TestNovelty:
    def test_is_the_distance_to_the_nearest_of_what_is_decided(self):
        found = novelty(towards(0, 60, 90, 180), reference=towards(0, 0, 60))

        assert found == pytest.approx([0.0, 0.0, 1 - math.cos(math.radians(30)), 1.5])

    def test_of_what_has_no_embedding_comes_after_all(self):
        embedding = towards(0, 0)
        embedding[1] = math.nan

        found = novelty(embedding, reference=towards(0))

        assert found.tolist() == [0.0, UNKNOWN]
        assert found[1] < found[0]

    def test_is_the_same_of_all_where_nothing_is_decided(self):
        assert novelty(towards(0, 90), reference=NOTHING).tolist() == [1.0, 1.0]

    def test_is_never_less_than_none(self):
        assert novelty(towards(0) * 1.001, reference=towards(0)).tolist() == [0.0]

    def test_of_nothing_is_nothing(self):
        assert novelty(NOTHING, reference=towards(0)).shape == (0,)
