"""Who held which place when, as flips write it down and as it is asked for."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import Error, IntegrityError, transaction

from models_admin import services
from models_admin.models import RoutePlace, Tenure, TrafficRoute
from models_admin.selectors.history import tenures_between, who_judged
from models_admin.services.history import hand_over
from tests.factories import make_deployment
from tests.guards import unguarded
from tests.integration.models_admin.conftest import ACTOR

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def deploy(version, *, minutes, **options):
    return services.deploy_version(
        model_name="visual_defects", version=version, actor=ACTOR, now=at(minutes), **options
    )


def held(slot="champion", recipe_code=""):
    """Version, since and until, in minutes, of everybody who held a place, in order."""
    rows = Tenure.objects.filter(place__slot=slot, place__recipe_code=recipe_code).order_by("since", "id")
    return [
        (row.deployment.version.version, _minutes(row.since), _minutes(row.until) if row.until else None)
        for row in rows.select_related("deployment__version")
    ]


def _minutes(moment):
    return (moment - NOON) / timedelta(minutes=1)


def judged(minutes, *, recipe_code="", slot="champion"):
    found = who_judged(model_name="visual_defects", recipe_code=recipe_code, at=at(minutes), slot=slot)
    return found.deployment.version.version if found else None


class TestFlips:
    def test_each_closes_a_tenure_and_opens_the_next_in_the_same_instant(self):
        make_deployment("1.0.0")
        make_deployment("1.1.0")
        deploy("1.0.0", minutes=0)
        deploy("1.1.0", minutes=10)
        deploy("1.0.0", minutes=15)

        assert held() == [("1.0.0", 0, 10), ("1.1.0", 10, 15), ("1.0.0", 15, None)]
        assert [judged(minutes) for minutes in (-1, 0, 9, 10, 14, 15, 10_000)] == [
            None, "1.0.0", "1.0.0", "1.1.0", "1.1.0", "1.0.0", "1.0.0",
        ]  # fmt: skip
        assert set(Tenure.objects.values_list("taken_by", flat=True)) == {ACTOR.username}

    def test_who_holds_the_place_already_goes_on(self):
        make_deployment("1.0.0")
        deploy("1.0.0", minutes=0)
        deploy("1.0.0", minutes=5)

        assert held() == [("1.0.0", 0, None)]

    def test_places_are_told_apart_and_a_recipe_of_its_own_comes_first(self):
        make_deployment("1.0.0")
        make_deployment("1.1.0")
        deploy("1.0.0", minutes=0)
        deploy("1.1.0", minutes=5, recipe_code="METAL-1")
        deploy("1.1.0", minutes=6, slot="fallback")

        assert [judged(minutes, recipe_code="METAL-1") for minutes in (1, 5)] == ["1.0.0", "1.1.0"]
        assert judged(5, recipe_code="POLY-2") == "1.0.0"
        assert (judged(5, slot="fallback"), judged(6, slot="fallback")) == (None, "1.1.0")

    def test_a_fallback_that_stands_in_for_a_champion_is_written_as_both(self):
        make_deployment("1.0.0")
        deploy("1.0.0", minutes=0, slot="fallback")

        assert held("champion") == held("fallback") == [("1.0.0", 0, None)]
        assert Tenure.objects.get(place__slot="champion").decision == 0

    def test_one_that_does_not_happen_leaves_no_trace(self):
        make_deployment("1.0.0")
        make_deployment("1.1.0")
        deploy("1.0.0", minutes=0)

        with pytest.raises(RuntimeError), transaction.atomic():
            deploy("1.1.0", minutes=5)
            raise RuntimeError("the web process dies before it commits")

        assert held() == [("1.0.0", 0, None)]

    def test_two_in_one_instant_and_a_clock_that_is_behind_are_told_in_order(self):
        for version in ("1.0.0", "1.1.0", "1.2.0"):
            make_deployment(version)
        deploy("1.0.0", minutes=5)
        deploy("1.1.0", minutes=5)
        deploy("1.2.0", minutes=3)

        assert held() == [("1.0.0", 5, 5), ("1.1.0", 5, 5), ("1.2.0", 5, None)]
        assert judged(5) == "1.2.0"

    def test_a_place_that_is_given_up_is_empty_until_somebody_takes_it(self):
        one = make_deployment("1.0.0")
        deploy("1.0.0", minutes=0, recipe_code="METAL-1")
        route = TrafficRoute.objects.get()
        hand_over(route, slot="champion", deployment=None, taken_by="", now=at(5))
        assert judged(6, recipe_code="METAL-1") is None

        hand_over(route, slot="champion", deployment=one, taken_by="somebody", now=at(9))
        assert held(recipe_code="METAL-1") == [("1.0.0", 0, 5), ("1.0.0", 9, None)]


def test_a_window_has_what_was_held_for_some_of_it():
    make_deployment("1.0.0")
    make_deployment("1.1.0")
    deploy("1.0.0", minutes=0)
    deploy("1.1.0", minutes=10)

    def within(since, until):
        rows = tenures_between(since and at(since), until and at(until))
        return [row.deployment.version.version for row in rows]

    assert within(None, None) == within(9, 11) == ["1.1.0", "1.0.0"]
    assert within(1, 10) == ["1.0.0"]
    assert within(10, 11) == within(20, None) == ["1.1.0"]


class TestTheDatabase:
    def test_refuses_two_who_hold_one_place_at_once(self):
        one, other = make_deployment("1.0.0"), make_deployment("1.1.0")
        deploy("1.0.0", minutes=0)
        deploy("1.1.0", minutes=10)
        place = RoutePlace.objects.get()

        for since, until in ((5, 6), (9, None), (-5, 1)):
            with pytest.raises(IntegrityError, match="tenure_one_at_a_time"), transaction.atomic():
                values = {"since": at(since), "until": at(until) if until is not None else None}
                Tenure.objects.create(place=place, deployment=one, **values)
        Tenure.objects.create(place=place, deployment=other, since=at(-5), until=at(0))
        elsewhere = RoutePlace.objects.create(model=place.model, recipe_code="METAL-1", slot="champion")
        Tenure.objects.create(place=elsewhere, deployment=one, since=at(5))

    def test_lets_a_tenure_end_once_and_nothing_else(self):
        make_deployment("1.0.0")
        deploy("1.0.0", minutes=0)
        for change in ({"since": at(-5)}, {"taken_by": "somebody"}, {"is_since_known": False}, {"until": at(-1)}):
            with pytest.raises(Error), transaction.atomic():
                Tenure.objects.update(**change)

        Tenure.objects.update(until=at(5))

        with pytest.raises(Error, match="append-only"), transaction.atomic():
            Tenure.objects.update(until=at(6))
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            Tenure.objects.all().delete()


class TestTheTimeBefore:
    """What the migration makes of a trail and of routes that were there first."""

    @pytest.fixture
    def carry_over(self):
        def run():
            with unguarded("tenure"), unguarded("route_place"):
                Tenure.objects.all().delete()
                RoutePlace.objects.all().delete()
            import_module("models_admin.migrations.0009_tenures_so_far").carry_over(apps, None)

        return run

    def test_is_read_from_the_trail(self, carry_over):
        make_deployment("1.0.0")
        make_deployment("1.1.0")
        deploy("1.0.0", minutes=0, slot="fallback")
        deploy("1.1.0", minutes=10)
        deploy("1.0.0", minutes=15)
        before = held(), held("fallback")

        carry_over()

        assert (held(), held("fallback")) == before
        assert all(Tenure.objects.values_list("is_since_known", flat=True))

    def test_and_where_the_trail_does_not_reach_from_the_routes_as_unknown(self, carry_over):
        one = make_deployment("1.0.0")
        model = one.version.model
        TrafficRoute.objects.create(model=model, champion=one, changed_at=at(7))

        carry_over()

        assert held() == [("1.0.0", 7, None)]
        assert not Tenure.objects.get().is_since_known
