import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.evaluation.audit_rates import Reviewed, audit_rates
from domain.evaluation.intervals import bootstrap_ratio, wilson


def reviewed(*rows: tuple[int, bool, bool, float]) -> Reviewed:
    """Rows of image, called, real, probability in the audit; 0 for what the audit did not draw."""
    inclusion = np.array([row[3] for row in rows], float)
    return Reviewed(
        image=np.array([row[0] for row in rows], np.int64),
        called=np.array([row[1] for row in rows], bool),
        real=np.array([row[2] for row in rows], bool),
        audited=inclusion > 0,
        inclusion=inclusion,
    )


FALSE_ALARM, HIT, MISS, NOTHING = (True, False), (True, True), (False, True), (False, False)


class TestReviewed:
    def test_refuses_arrays_that_do_not_pair_up(self):
        with pytest.raises(ValueError, match="five"):
            Reviewed(np.zeros(2, int), np.zeros(2, bool), np.zeros(3, bool), np.zeros(2, bool), np.ones(2))

    @pytest.mark.parametrize("probability", [0.0, -0.1, 1.2, math.nan])
    def test_refuses_an_audited_item_without_a_probability(self, probability):
        one = np.ones(1, bool)
        with pytest.raises(ValueError, match="probability"):
            Reviewed(np.zeros(1, int), one, one, one, np.array([probability]))

    def test_does_not_ask_for_that_of_others(self):
        none = np.zeros(1, bool)

        assert len(Reviewed(np.zeros(1, int), none, none, none, np.array([math.nan]))) == 1


class TestAuditRates:
    def test_weighs_what_was_drawn_seldom(self):
        called = [(0, *HIT, 1.0), (1, *HIT, 1.0), (2, *HIT, 0.5), (3, *FALSE_ALARM, 0.5)]
        rates = audit_rates(reviewed(*called, (4, *MISS, 0.1), (5, *NOTHING, 0.1)))

        assert rates.false_negative.weighted.value == pytest.approx(10 / 14)
        assert rates.false_positive.weighted.value == pytest.approx(2 / 12)
        assert rates.false_discovery.weighted.value == pytest.approx(2 / 6)
        assert [rate.answers for rate in (rates.false_negative, rates.false_positive, rates.false_discovery)] == [
            4,
            2,
            4,
        ]

    def test_what_the_audit_did_not_draw_counts_in_the_naive_rate_only(self):
        drawn = [(0, *HIT, 0.5), (1, *HIT, 0.5), (2, *MISS, 0.5)]
        chosen = [(3, *MISS, 0.0), (4, *MISS, 0.0)]

        alone, together = audit_rates(reviewed(*drawn)), audit_rates(reviewed(*drawn, *chosen))

        assert together.false_negative.weighted == alone.false_negative.weighted
        assert (alone.false_negative.naive, together.false_negative.naive) == (1 / 3, 3 / 5)

    def test_interval_by_hand(self):
        # Weights 2, 2, 2, 4: 4 of 10 are missed; each image pulls by its weight times (missed - 0.4), over 10.
        rates = audit_rates(reviewed((0, *HIT, 0.5), (1, *HIT, 0.5), (2, *HIT, 0.5), (3, *MISS, 0.25)))

        variance = 4 / 3 * (3 * 0.08**2 + 0.24**2)
        independent = 10 / (4 * 0.6 + 2 * 0.4)
        assert 0.4 * 0.6 / variance < independent
        assert rates.false_negative.effective == pytest.approx(0.4 * 0.6 / variance)
        low_high = wilson(hits=0.4 * rates.false_negative.effective, trials=rates.false_negative.effective)
        assert rates.false_negative.weighted.low == pytest.approx(low_high.low)
        assert rates.false_negative.weighted.high == pytest.approx(low_high.high)

    def test_no_mistake_seen_is_wilsons_interval_of_none(self):
        rates = audit_rates(reviewed(*[(image, *HIT, 0.2) for image in range(20)]))

        assert rates.false_negative.weighted.value == 0.0
        assert rates.false_negative.effective == pytest.approx(20)
        assert rates.false_negative.weighted.high == pytest.approx(0.1611, abs=5e-5)

    def test_no_mistake_seen_where_one_would_weigh_much_says_less(self):
        called = [(image, *HIT, 1.0) for image in range(100)]
        looked = [(100 + image, *NOTHING, 0.05) for image in range(50)]

        rates = audit_rates(reviewed(*called, *looked))

        # A miss would weigh 20, so a hundred defects are worth five answers.
        assert rates.false_negative.effective == pytest.approx(5)
        assert rates.false_negative.weighted.high == pytest.approx(wilson(hits=0, trials=5).high)

    def test_everything_missed_reaches_one(self):
        missed = audit_rates(reviewed(*[(image, *MISS, 0.3) for image in range(7)])).false_negative

        assert (missed.weighted.value, missed.weighted.high) == (1.0, 1.0)
        assert missed.effective == pytest.approx(7)

    def test_answers_of_one_image_count_as_one(self):
        one = audit_rates(reviewed(*[(0, *HIT, 0.5)] * 5, *[(0, *MISS, 0.5)] * 5)).false_negative

        assert one.effective == pytest.approx(1)
        assert one.weighted.value == pytest.approx(0.5)

    def test_images_that_are_all_wrong_or_all_right_widen_the_interval(self):
        answers = [(*(MISS if place < 20 else HIT), 0.5) for place in range(100)]
        together = audit_rates(reviewed(*((place // 5, *answer) for place, answer in enumerate(answers))))
        alone = audit_rates(reviewed(*((place, *answer) for place, answer in enumerate(answers))))

        assert together.false_negative.weighted.value == alone.false_negative.weighted.value
        assert together.false_negative.effective == pytest.approx(19)
        assert alone.false_negative.effective == pytest.approx(99)

    def test_agrees_with_the_bootstrap_where_there_is_plenty(self):
        sample = audited(np.random.default_rng(8), images=6000)
        rate = audit_rates(sample).false_negative.weighted
        drawn = sample.audited

        again = bootstrap_ratio(
            (sample.real & ~sample.called)[drawn].astype(float),
            sample.real[drawn].astype(float),
            weight=1.0 / sample.inclusion[drawn],
            group=sample.image[drawn],
            rng=np.random.default_rng(9),
            resamples=1000,
        )

        assert again.value == pytest.approx(rate.value)
        assert (again.low, again.high) == (pytest.approx(rate.low, abs=0.01), pytest.approx(rate.high, abs=0.01))

    def test_without_an_audit_only_the_naive_rate_is_known(self):
        rates = audit_rates(reviewed((0, *HIT, 0.0), (1, *MISS, 0.0)))

        assert math.isnan(rates.false_negative.weighted.value)
        assert rates.false_negative.naive == 0.5
        assert rates.false_negative.effective == 0.0

    def test_of_nothing_is_unknown(self):
        rates = audit_rates(reviewed())

        assert math.isnan(rates.false_positive.weighted.value)
        assert math.isnan(rates.false_positive.naive)

    @given(
        st.lists(
            st.tuples(st.integers(0, 5), st.booleans(), st.booleans(), st.sampled_from([0.0, 0.01, 0.2, 1.0])),
            max_size=30,
        )
    )
    def test_interval_holds_the_estimate_and_never_pretends_to_more_answers(self, rows):
        rates = audit_rates(reviewed(*rows))

        for rate in (rates.false_positive, rates.false_negative, rates.false_discovery):
            if rate.answers:
                assert 0.0 <= rate.weighted.low <= rate.weighted.value + 1e-12
                assert rate.weighted.value - 1e-12 <= rate.weighted.high <= 1.0
                assert rate.weighted.low < rate.weighted.high
                assert rate.effective > 0.0
            else:
                assert math.isnan(rate.weighted.value)

    def test_interval_covers_the_truth_about_as_often_as_it_says_and_the_naive_rate_is_far_off(self):
        rng = np.random.default_rng(1)
        rates = [audit_rates(audited(rng, images=2000)) for _ in range(300)]

        for kind, truth in TRUTH.items():
            found = [getattr(rate, kind) for rate in rates]
            covered = np.mean([one.weighted.low <= truth <= one.weighted.high for one in found])
            assert 0.92 <= covered <= 0.985, kind
            assert np.mean([one.weighted.value for one in found]) == pytest.approx(truth, rel=0.05), kind
        misses = [rate.false_negative for rate in rates]
        assert np.mean([one.naive for one in misses]) > 1.5 * TRUTH["false_negative"]
        assert not any(
            one.weighted.low <= np.mean([one.naive for one in misses]) <= one.weighted.high for one in misses
        )


# Three places on every image; by kind of image (clean, dirty) the model accepts, doubts or rejects them …
DIRTY = 0.3
SAYS = np.array([[0.90, 0.06, 0.04], [0.50, 0.20, 0.30]])
# … and so many of those are defects. Rejected is called.
REAL = np.array([[0.01, 0.30, 0.85], [0.06, 0.50, 0.95]])


def _truth() -> dict[str, float]:
    places = np.array([[1 - DIRTY], [DIRTY]]) * SAYS
    real, not_real = places * REAL, places * (1 - REAL)
    return {
        "false_positive": not_real[:, 2].sum() / not_real.sum(),
        "false_negative": real[:, :2].sum() / real.sum(),
        "false_discovery": not_real[:, 2].sum() / places[:, 2].sum(),
    }


TRUTH = _truth()


def audited(rng: np.random.Generator, *, images: int) -> Reviewed:
    """What people decided: every doubtful place, and by chance whole images, more of those with something on them."""
    image = np.repeat(np.arange(images), 3)
    dirty = (rng.random(images) < DIRTY).astype(int)[image]
    says = (rng.random(len(image))[:, None] > np.cumsum(SAYS, axis=1)[dirty][:, :2]).sum(axis=1)
    real = rng.random(len(image)) < REAL[dirty, says]
    probability = np.where(np.bincount(image, says > 0) > 0, 0.2, 0.05)
    drawn = (rng.random(images) < probability)[image]
    seen = drawn | (says == 1)
    return Reviewed(image[seen], (says == 2)[seen], real[seen], drawn[seen], probability[image][seen])
