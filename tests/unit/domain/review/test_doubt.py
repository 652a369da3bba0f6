import math

import numpy as np
import pytest

from domain.review.doubt import Call, doubt, doubt_of_versions, neighbours

PIT, CRACK, NOTHING = 0, 1, 2


def around(*degrees):
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


class TestNeighbours:
    def test_are_what_looks_alike_on_other_images(self):
        found = neighbours(around(0, 5, 10, 90), said=np.array([PIT] * 4), image=np.array([1, 1, 2, 3]), most=2)

        assert found.index.tolist() == [[2, -1], [2, -1], [1, 0], [-1, -1]]

    def test_doubt_a_word_that_theirs_are_not(self):
        said = np.array([PIT, CRACK, CRACK, CRACK])

        found = neighbours(around(0, 0, 0, 0), said=said, image=np.arange(4))

        assert found.doubt.tolist() == pytest.approx([1.0, 1 / 3, 1 / 3, 1 / 3])

    def test_say_nothing_where_they_are_few(self):
        found = neighbours(around(0, 1, 120), said=np.array([PIT, CRACK, CRACK]), image=np.arange(3))

        assert np.isnan(found.doubt).all()

    def test_are_none_of_what_has_no_embedding(self):
        embedding = around(0, 0, 0, 0, 0)
        embedding[0] = math.nan

        found = neighbours(embedding, said=np.zeros(5, int), image=np.arange(5))

        assert found.index[0].max() == -1
        assert 0 not in found.index[1:]

    @pytest.mark.parametrize("count", [0, 1])
    def test_are_none_of_next_to_nothing(self, count):
        found = neighbours(np.zeros((count, 2)), said=np.zeros(count, int), image=np.arange(count))

        assert found.index.shape == (count, 8)


class TestDoubtOfVersions:
    @pytest.mark.parametrize(
        ("case", "calls", "said", "wanted"),
        [
            ("the same, surely", [Call(PIT, 0.9)], PIT, 0.1),
            ("another class, surely", [Call(CRACK, 0.9)], PIT, 0.9),
            ("a defect where the person saw none", [Call(CRACK, 0.8)], NOTHING, 0.8),
            ("nothing where the person saw a defect", [Call(None)], PIT, 0.5),
            ("nothing, as the person", [Call(None)], NOTHING, 0.0),
            ("two that differ", [Call(PIT, 0.9), Call(CRACK, 0.9)], PIT, 0.5),
        ],
    )
    def test_is_how_sure_they_are_of_something_else(self, case, calls, said, wanted):
        assert doubt_of_versions(calls, said=said, nothing=NOTHING) == pytest.approx(wanted)


class TestDoubt:
    def test_takes_both(self):
        assert doubt(1.0, 0.0) == 0.0
        assert doubt(0.9, 0.9) == pytest.approx(0.9)
        assert math.isnan(doubt(math.nan, 0.9))
