import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.evaluation.intervals import bootstrap_ratio, normal_quantile, wilson


class TestNormalQuantile:
    @pytest.mark.parametrize(("level", "z"), [(0.90, 1.644854), (0.95, 1.959964), (0.99, 2.575829)])
    def test_is_that_of_the_tables(self, level, z):
        assert normal_quantile(level) == pytest.approx(z, abs=1e-6)

    @pytest.mark.parametrize("level", [0.0, 1.0, 95.0, math.nan])
    def test_wants_a_share(self, level):
        with pytest.raises(ValueError, match="level"):
            normal_quantile(level)


class TestWilson:
    @pytest.mark.parametrize(
        ("hits", "trials", "low", "high"),
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_agrees_with_newcombe_1998_table_1(self, hits, trials, low, high):
        share = wilson(hits=hits, trials=trials)

        assert share.value == hits / trials
        assert (share.low, share.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))

    def test_without_trials_nothing_is_known(self):
        share = wilson(hits=0, trials=0)

        assert all(math.isnan(end) for end in (share.value, share.low, share.high))

    @given(trials=st.integers(1, 10_000), part=st.floats(0, 1), level=st.floats(0.5, 0.999))
    def test_holds_the_share_and_stays_within_0_and_1(self, trials, part, level):
        share = wilson(hits=round(part * trials), trials=trials, level=level)

        assert 0.0 <= share.low <= share.value <= share.high <= 1.0
        assert share.low < share.high

    @given(trials=st.integers(1, 1000), part=st.floats(0, 1))
    def test_hits_and_misses_mirror_each_other(self, trials, part):
        hits = round(part * trials)
        share, other = wilson(hits=hits, trials=trials), wilson(hits=trials - hits, trials=trials)

        assert share.low == pytest.approx(1.0 - other.high, abs=1e-12)

    @pytest.mark.parametrize(("hits", "trials"), [(-1, 5), (6, 5), (math.nan, 5)])
    def test_refuses_counts_that_cannot_be(self, hits, trials):
        with pytest.raises(ValueError, match="hits <= trials"):
            wilson(hits=hits, trials=trials)


class TestBootstrapRatio:
    ones = np.ones(4)

    def ratio(self, numerator, *, denominator=None, weight=None, group=None, seed=1, **options):
        numerator = np.asarray(numerator, float)
        return bootstrap_ratio(
            numerator,
            np.ones(len(numerator)) if denominator is None else np.asarray(denominator, float),
            weight=np.ones(len(numerator)) if weight is None else np.asarray(weight, float),
            group=np.arange(len(numerator)) if group is None else np.asarray(group),
            rng=np.random.default_rng(seed),
            **options,
        )

    def test_weighs_each_row(self):
        assert self.ratio([1, 0, 0, 0], weight=[6, 2, 1, 1]).value == pytest.approx(0.6)

    def test_of_a_mean_is_as_wide_as_its_standard_error(self):
        values = np.random.default_rng(7).normal(10.0, 2.0, 400)

        mean = self.ratio(values)

        assert mean.high - mean.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.06)
        assert mean.low < mean.value < mean.high

    def test_the_same_seed_gives_the_same_interval(self):
        assert self.ratio([1, 0, 1, 0, 0], seed=5) == self.ratio([1, 0, 1, 0, 0], seed=5)

    def test_rows_that_always_come_together_say_less(self):
        rows = [1, 1, 1, 0, 0, 0] * 10
        alone, together = self.ratio(rows), self.ratio(rows, group=np.arange(60) // 3)

        assert together.high - together.low > 1.5 * (alone.high - alone.low)

    def test_in_portions_keeps_every_resample(self, monkeypatch):
        monkeypatch.setattr("domain.evaluation.intervals.DRAWS_AT_ONCE", 12)
        drawn = self.ratio([1, 0, 1, 0], resamples=500)

        assert (drawn.low, drawn.high) == (0.0, 1.0)

    def test_nothing_to_divide_by_is_unknown(self):
        assert math.isnan(self.ratio([1, 1], denominator=[0, 0]).value)
        assert math.isnan(self.ratio([]).value)

    def test_one_group_has_a_value_without_an_interval(self):
        one = self.ratio([1, 0], group=[3, 3])

        assert one.value == 0.5
        assert math.isnan(one.low)
        assert math.isnan(one.high)

    def test_refuses_arrays_that_do_not_pair_up(self):
        with pytest.raises(ValueError, match=r"\(2,\), \(3,\)"):
            self.ratio([1, 1], denominator=[1, 1, 1])

    def test_refuses_negative_weights(self):
        with pytest.raises(ValueError, match="not negative"):
            self.ratio([1, 1], weight=[1, -1])
