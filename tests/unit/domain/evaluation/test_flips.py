import numpy as np
import pytest

from domain.evaluation.flips import Calls, Flip, FlippedCall, flipped_calls

ACCEPT, REVIEW, REJECT = 0, 1, 2


def calls(*rows):
    """Each row: (x, y, w, h), class, band."""
    return Calls(
        boxes_px=np.array([row[0] for row in rows], np.float64).reshape(-1, 4),
        classes=np.array([row[1] for row in rows], np.int64),
        bands=np.array([row[2] for row in rows], np.int64),
    )


HERE, THERE, FAR = (10, 10, 20, 20), (12, 10, 20, 20), (200, 200, 20, 20)


def test_every_call_is_said_to_have_stayed_changed_gone_or_come():
    before = calls((HERE, 1, REJECT), (FAR, 2, REVIEW), ((400, 0, 30, 30), 1, REVIEW), ((600, 0, 30, 30), 3, REJECT))
    after = calls((THERE, 1, REJECT), (FAR, 3, REVIEW), ((400, 2, 30, 30), 1, ACCEPT), ((800, 0, 30, 30), 3, REJECT))

    assert flipped_calls(before, after) == [
        FlippedCall(Flip.SAME, 0, 0),
        FlippedCall(Flip.CLASS, 1, 1),
        FlippedCall(Flip.BAND, 2, 2),
        FlippedCall(Flip.GONE, 3, None),
        FlippedCall(Flip.NEW, None, 3),
    ]


def test_two_defects_over_each_other_do_not_swap_classes():
    # Each box of the one version overlaps most with the other class's box of the other.
    before = calls(((0, 0, 20, 20), 1, REJECT), ((4, 0, 20, 20), 2, REJECT))
    after = calls(((4, 0, 20, 20), 1, REJECT), ((0, 0, 20, 20), 2, REJECT))

    assert [one.flip for one in flipped_calls(before, after)] == [Flip.SAME, Flip.SAME]


def test_of_several_the_closest_is_the_same_place():
    before = calls((HERE, 1, REJECT))
    after = calls(((16, 10, 20, 20), 1, REJECT), (THERE, 1, REJECT))

    assert flipped_calls(before, after) == [FlippedCall(Flip.SAME, 0, 1), FlippedCall(Flip.NEW, None, 0)]


@pytest.mark.parametrize(
    ("width", "flips"), [(40, [Flip.SAME]), (41, [Flip.GONE, Flip.NEW])], ids=["half shared", "less than half shared"]
)
def test_half_of_what_both_cover_is_one_place(width, flips):
    found = flipped_calls(calls(((0, 0, 20, 20), 1, REJECT)), calls(((0, 0, width, 20), 1, REJECT)))

    assert [one.flip for one in found] == flips


def test_a_class_that_changed_and_its_band_is_one_flip():
    found = flipped_calls(calls((HERE, 1, REJECT)), calls((HERE, 2, ACCEPT)))

    assert found == [FlippedCall(Flip.CLASS, 0, 0)]


@pytest.mark.parametrize("first", [True, False])
def test_where_one_version_says_nothing_everything_went_or_came(first):
    some, nothing = calls((HERE, 1, REJECT), (FAR, 2, REJECT)), calls()

    found = flipped_calls(some, nothing) if first else flipped_calls(nothing, some)

    assert [one.flip for one in found] == [Flip.GONE if first else Flip.NEW] * 2


def test_nothing_and_nothing_is_nothing():
    assert flipped_calls(calls(), calls()) == []


def test_arrays_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="want"):
        Calls(boxes_px=np.zeros((2, 4)), classes=np.zeros(1, np.int64), bands=np.zeros(2, np.int64))
