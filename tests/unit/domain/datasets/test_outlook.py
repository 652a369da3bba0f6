"""What is said ahead of a data set: how it would be split, and what to mind."""

from collections import Counter

import pytest

from domain.datasets.outlook import Prospect, outlook_of
from domain.datasets.split import Candidate
from tests.data_sets import digest

SHARES = (0.6, 0.2, 0.2)


def prospect(number, lot, *codes, is_complete=True, picture=None):
    candidate = Candidate(f"{number:04}", lot, digest(number if picture is None else picture), words=len(codes))
    return Prospect(candidate, is_complete, Counter(codes))


def lots(count, *codes):
    return [prospect(number, f"L{number}", *codes) for number in range(count)]


def codes_of(found):
    return [warning["code"] for warning in found.warnings]


class TestAnOutlook:
    def test_counts_by_split(self):
        found = outlook_of(lots(5, "pit", "pit"), shares=SHARES, seed=1, classes=["pit"])

        assert found.images == Counter(train=3, validation=1, test=1) == found.lots == found.complete
        assert found.objects == Counter(train=6, validation=2, test=2)
        assert found.as_dict()["classes"]["train"] == {"pit": 6}
        assert codes_of(found) == []

    def test_leaves_out_what_is_there_twice(self):
        found = outlook_of([*lots(5, "pit"), prospect(9, "L9", picture=1)], shares=SHARES, seed=1, classes=["pit"])

        assert (found.images.total(), found.duplicates) == (5, 1)


class TestWarnings:
    def test_say_that_there_is_nothing(self):
        assert codes_of(outlook_of([], shares=SHARES, seed=1, classes=["pit"])) == ["nothing"]

    @pytest.mark.parametrize(("count", "told"), [(1, "There is 1 lot for 3"), (2, "There are 2 lots for 3")])
    def test_say_that_there_are_too_few_lots(self, count, told):
        (first, *_) = outlook_of(lots(count, "pit"), shares=SHARES, seed=1, classes=["pit"]).warnings

        assert first["code"] == "few_lots"
        assert first["text"].startswith(told)

    def test_are_silent_on_splits_that_nobody_wants(self):
        assert codes_of(outlook_of(lots(1, "pit"), shares=(1, 0, 0), seed=1, classes=["pit"])) == []

    def test_name_the_classes_that_a_split_lacks(self):
        found = outlook_of([*lots(5, "pit"), prospect(9, "L9", "crack")], shares=SHARES, seed=1, classes=["pit"])

        lacking = {one["split"] for one in found.warnings if "crack" in one.get("classes", ())}
        assert len(lacking) == 2

    def test_name_the_classes_that_are_nowhere(self):
        (warning,) = outlook_of(lots(5, "pit"), shares=SHARES, seed=1, classes=["pit", "crack"]).warnings

        assert (warning["code"], warning["classes"]) == ("class_unseen", ["crack"])

    def test_count_images_on_which_something_waits(self):
        rest = [prospect(9, "L1", is_complete=False)]

        found = outlook_of([*lots(5, "pit"), *rest], shares=SHARES, seed=1, classes=["pit"])

        assert "On 1 of 6 images" in next(one["text"] for one in found.warnings if one["code"] == "incomplete")

    def test_say_where_shares_are_missed(self):
        large = [prospect(number, "BIG", "pit") for number in range(90)]

        found = outlook_of([*large, *[prospect(90 + n, f"S{n}", "pit") for n in range(4)]], shares=SHARES, seed=1,
                           classes=["pit"])  # fmt: skip

        assert "share_missed" in codes_of(found)
