import math

import numpy as np
import pytest

from domain.evaluation.intervals import wilson
from domain.evaluation.model_quality import NOTHING, Findings, alarmed_images, answers_for, quality

SCRATCH, PIT = 0, 1


def findings(*rows, inclusion=0.5):
    """(image, called, real, audited) each."""
    image, called, real, audited = (np.array(column) for column in zip(*rows, strict=True))
    return Findings(image, called, real, audited.astype(bool), np.full(len(rows), inclusion))


SEEN = findings(
    (1, NOTHING, NOTHING, True), (1, SCRATCH, SCRATCH, True), (1, NOTHING, PIT, True),
    (2, NOTHING, NOTHING, True), (2, PIT, NOTHING, True),
    (3, NOTHING, NOTHING, True),
    (4, PIT, PIT, False), (5, SCRATCH, PIT, False),
)  # fmt: skip


class TestQuality:
    def test_of_any_class_is_of_what_the_audit_drew(self):
        found = quality(SEEN)

        assert (found.missed.weighted.value, found.missed.answers) == (0.5, 2)
        assert (found.false_calls.weighted.value, found.false_calls.answers) == (0.5, 2)

    def test_has_the_naive_rate_of_all_that_was_reviewed_beside_it(self):
        found = quality(SEEN)

        assert (found.missed.naive, found.false_calls.naive) == (0.25, 0.25)

    def test_of_a_class_counts_another_class_as_missed_and_as_a_false_call(self):
        other = findings((1, SCRATCH, PIT, True), (1, NOTHING, NOTHING, True))

        assert quality(other, of_class=PIT).missed.weighted.value == 1.0
        assert quality(other, of_class=SCRATCH).false_calls.weighted.value == 1.0
        assert quality(other).missed.weighted.value == 0.0

    def test_is_unknown_where_nothing_was_drawn(self):
        found = quality(SEEN.only(~SEEN.audited))

        assert math.isnan(found.missed.weighted.value)
        assert found.missed.naive == 0.0

    def test_weighs_images_by_their_chance_to_be_drawn(self):
        rare = findings((1, SCRATCH, SCRATCH, True), (2, SCRATCH, NOTHING, True))
        rare.inclusion[:] = [1.0, 0.1]

        assert quality(rare).false_calls.weighted.value == pytest.approx(10 / 11)


def test_clean_images_that_are_called_are_counted_by_image():
    found = alarmed_images(SEEN)

    assert (found.weighted.value, found.answers) == (0.5, 2)


class TestAnswersFor:
    @pytest.mark.parametrize(("share", "half_width"), [(0.1, 0.05), (0.5, 0.1), (0.02, 0.01)])
    def test_is_what_makes_the_interval_so_wide(self, share, half_width):
        trials = answers_for(half_width, share=share)
        reached = wilson(hits=share * trials, trials=trials)

        assert (reached.high - reached.low) / 2 == pytest.approx(half_width, rel=0.02)

    def test_wants_a_width(self):
        with pytest.raises(ValueError, match="half width"):
            answers_for(0.0, share=0.1)
