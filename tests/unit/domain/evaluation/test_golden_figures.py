"""What became of defects and images, two versions side by side, reliability and gates: cases counted by hand."""

import math

import numpy as np
import pytest

from domain.evaluation.confusion import NOTHING, confusion, macro_f1, rates_by_class, settle
from domain.evaluation.detection_metrics import Boxes, precision_at_recalls
from domain.evaluation.gates import ClassDrop, Gates, Measured, check
from domain.evaluation.image_outcomes import ImageOutcomes, accuracy, difference, image_outcomes, mcnemar
from domain.evaluation.reliability import reliability

CLASSES = 3


def boxes(*rows):
    """Boxes of (image, x, class, confidence); each is 10 by 10 px at (x, 0)."""
    table = np.array(rows, float).reshape(-1, 4)
    sides = np.stack([table[:, 1], np.zeros(len(table)), np.full(len(table), 10.0), np.full(len(table), 10.0)], 1)
    return Boxes(table[:, 0].astype(np.int64), sides, table[:, 2].astype(np.int64), table[:, 3])


def judged(called, truth, *, images):
    settled = settle(called, truth)
    return image_outcomes(called, truth, settled, image_count=images, class_count=CLASSES)


# Image 0: a found, b found as c, c missed. Image 1: clean, one false alarm. Image 2: clean and left alone.
TRUTH = boxes((0, 0, 0, 1), (0, 50, 1, 1), (0, 100, 2, 1))
CALLED = boxes((0, 1, 0, 0.9), (0, 51, 2, 0.8), (1, 10, 0, 0.4))


def of_hits(is_found):
    """Images with a defect each, found or missed."""
    found, nothing = is_found.astype(int), np.zeros(len(is_found), int)
    there = np.ones_like(found)
    return ImageOutcomes(there[:, None], found[:, None], found[:, None], nothing, there - found, nothing)


class TestSettling:
    def test_every_call_and_defect_is_accounted_for_once(self):
        settled = settle(CALLED, TRUTH)

        assert settled.defect_of.tolist() == [0, 1, NOTHING]
        assert settled.call_of.tolist() == [0, 1, NOTHING]
        assert settled.is_right.tolist() == [True, False, False]

    def test_a_right_name_comes_before_a_surer_wrong_one(self):
        truth = boxes((0, 0, 0, 1))
        called = boxes((0, 0, 1, 0.99), (0, 1, 0, 0.5))

        assert settle(called, truth).defect_of.tolist() == [NOTHING, 0]

    def test_the_table_has_what_is_there_down_and_what_was_called_across(self):
        table = confusion(CALLED, TRUTH, settle(CALLED, TRUTH), class_count=CLASSES)

        assert table.tolist() == [
            [1, 0, 0, 0],
            [0, 0, 1, 0],
            [0, 0, 0, 1],
            [1, 0, 0, 0],
        ]

    def test_nothing_called_and_nothing_there(self):
        table = confusion(boxes(), boxes(), settle(boxes(), boxes()), class_count=CLASSES)

        assert table.sum() == 0
        assert math.isnan(macro_f1(rates_by_class(table)))

    def test_rates_follow_from_the_table(self):
        first, second, third = rates_by_class(np.array([[3, 1, 0, 0], [0, 0, 0, 2], [0, 0, 0, 0], [1, 0, 0, 0]]))

        assert (first.defects, first.calls, first.hits) == (4, 4, 3)
        assert (first.precision.value, first.recall.value, first.f1) == (0.75, 0.75, 0.75)
        # Wilson's interval of 3 of 4, by hand.
        assert first.recall.low == pytest.approx(0.3006, abs=1e-4)
        assert first.recall.high == pytest.approx(0.9544, abs=1e-4)
        assert (second.recall.value, second.precision.value, second.f1) == (0, 0, 0)
        assert math.isnan(third.f1)
        assert macro_f1((first, second, third)) == 0.375


class TestImages:
    def test_an_image_is_right_by_its_verdict_and_exact_by_all_on_it(self):
        outcomes = judged(CALLED, TRUTH, images=3)

        assert outcomes.is_right.tolist() == [True, False, True]
        assert outcomes.is_exact.tolist() == [False, False, True]
        assert (outcomes.renamed.tolist(), outcomes.missed.tolist(), outcomes.invented.tolist()) == (
            [1, 0, 0],
            [1, 0, 0],
            [0, 1, 0],
        )
        assert accuracy(outcomes).value == pytest.approx(2 / 3)

    def test_two_versions_are_compared_image_by_image(self):
        found_all = boxes((0, 0, 0, 0.9), (0, 50, 1, 0.9), (0, 100, 2, 0.9))
        better, worse = judged(found_all, TRUTH, images=3), judged(CALLED, TRUTH, images=3)

        differs = difference(better, worse, rng=np.random.default_rng(1))

        assert (differs.only_first, differs.only_second) == (1, 0)
        assert differs.accuracy.value == pytest.approx(1 / 3)
        assert [one.value for one in differs.recall] == [0, 1, 1]
        # Macro-F1 1 against (2 / 3 + 0 + 0) / 3.
        assert differs.macro_f1.value == pytest.approx(1 - 2 / 9)
        assert differs.accuracy.low <= differs.accuracy.value <= differs.accuracy.high

    def test_what_is_the_same_differs_by_nothing_for_certain(self):
        same = judged(CALLED, TRUTH, images=3)

        differs = difference(same, same, rng=np.random.default_rng(1))

        assert (differs.accuracy.low, differs.accuracy.high, differs.p_value) == (0, 0, 1)
        assert (differs.macro_f1.low, differs.macro_f1.high) == (0, 0)

    def test_an_interval_holds_the_difference_as_often_as_it_says(self):
        rng = np.random.default_rng(5)
        images, rounds = 100, 60
        held = 0
        for _ in range(rounds):
            first, second = (of_hits(rng.random(images) < share) for share in (0.9, 0.8))
            gained = difference(first, second, rng=rng).accuracy
            held += gained.low <= 0.1 <= gained.high
        assert held >= 0.85 * rounds

    def test_other_images_are_refused(self):
        with pytest.raises(ValueError, match="same images"):
            difference(judged(CALLED, TRUTH, images=3), judged(CALLED, boxes(), images=3), rng=np.random.default_rng(1))

    @pytest.mark.parametrize(("first", "second", "expected"), [(0, 0, 1), (5, 5, 1), (6, 0, 1 / 32), (8, 1, 20 / 512)])
    def test_mcnemar_is_exact(self, first, second, expected):
        assert mcnemar(first, second) == mcnemar(second, first) == pytest.approx(expected)


class TestReliability:
    def test_bins_hold_what_was_said_and_what_was_true(self):
        low, high = reliability(np.array([0.1, 0.3, 0.9, 1.0]), np.array([False, True, True, True]), bins=2)

        assert (low.low, low.high, low.count, low.confidence, low.right.value) == (0, 0.5, 2, 0.2, 0.5)
        assert (high.count, high.confidence, high.right.value) == (2, 0.95, 1)

    def test_an_empty_bin_says_nothing(self):
        (only,) = reliability(np.zeros(0), np.zeros(0, bool), bins=1)

        assert only.count == 0 and math.isnan(only.confidence) and math.isnan(only.right.value)

    def test_the_curve_ends_where_nothing_more_is_found(self):
        curve = precision_at_recalls(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), truth_count=4)

        assert (curve[:26] == 1).all() and curve[26:51] == pytest.approx(2 / 3) and (curve[51:] == 0).all()


def measured(**values):
    usual = {"images": 40, "accuracy": 0.97, "map50": 0.8, "ece": 0.03, "latency_p95_ms": 120.0, "drops": ()}
    return Measured(**{**usual, **values})


class TestGates:
    def results(self, gates=None, **values):
        return {one.gate: one for one in check(gates or Gates(), measured(**values))}

    def test_every_gate_passes_where_all_is_well(self):
        found = self.results()

        assert list(found) == ["images", "accuracy", "recall_drop", "map50", "ece", "latency"]
        assert all(one.has_passed for one in found.values())

    @pytest.mark.parametrize(
        ("gate", "values", "words"),
        [
            ("images", {"images": 3}, "3 images were judged; wanted is at least 10."),
            ("accuracy", {"accuracy": 0.9499}, "right on 94.99% of the images; wanted is at least 95.00%."),
            ("map50", {"map50": 0.25}, "0.2500; wanted is at least 0.5000."),
            ("ece", {"ece": 0.2}, "0.2000; wanted is at most 0.1000."),
            ("latency", {"latency_p95_ms": 501.0}, "up to 501.0 ms; wanted is at most 500.0 ms."),
            ("map50", {"map50": math.nan}, "could not be measured"),
        ],
    )
    def test_each_fails_for_itself_and_says_why(self, gate, values, words):
        found = self.results(**values)

        assert [name for name, one in found.items() if not one.has_passed] == [gate]
        assert words in found[gate].words

    def test_a_limit_that_is_met_exactly_is_met(self):
        assert self.results(accuracy=0.95, ece=0.1)["accuracy"].has_passed

    def test_what_a_model_is_not_held_to_is_not_asked(self):
        assert "latency" not in self.results(Gates(latency_p95_most_ms=None))

    def test_a_class_may_not_lose_more_than_the_margin(self):
        drops = (ClassDrop("pit", 20, 0.10), ClassDrop("scratch", 30, 0.05), ClassDrop("open", 5, 0.9))

        found = self.results(drops=drops)["recall_drop"]

        assert not found.has_passed
        assert "pit 10.0% of 20;" in found.words and "scratch" not in found.words
        assert "open" not in found.words, "five defects say nothing about a class"

    def test_without_a_champion_nothing_can_be_lost(self):
        found = self.results(drops=None)["recall_drop"]

        assert found.has_passed and found.value is None

    @pytest.mark.parametrize(
        "described",
        [{"accuracy_least": 1.5}, {"ece_most": math.nan}, {"images_least": 2.5}, {"speed": 1}, {"map50_least": True}],
    )
    def test_limits_that_cannot_be_are_refused_by_name(self, described):
        with pytest.raises(ValueError, match=next(iter(described))):
            Gates.from_dict(described)

    def test_limits_come_back_as_they_were_written(self):
        gates = Gates(accuracy_least=None, ece_most=0.2)

        assert Gates.from_dict(gates.as_dict()) == gates
