"""Recipes over REST: versions are added, never changed, and the trail says what was before."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEvent
from core.actors import Actor, service_account
from core.roles import Role
from inspection import services
from inspection.models import RecipeVersion
from inspection.services.uploads import Upload, resolve
from tests.factories import AT, make_class, make_site

pytestmark = pytest.mark.django_db
SYSTEM = service_account("test")


@pytest.fixture
def recipe(site):
    make_class("scratch")
    return services.create_recipe(
        site=site, code="BF-M3", thresholds={"scratch": 0.4}, pixel_um=0.5, actor=SYSTEM, now=AT
    )[0].recipe


@pytest.fixture
def versions(recipe):
    return reverse("api:recipe_versions", args=[recipe.pk])


@pytest.fixture
def engineer(client_as):
    return client_as(Role.MODEL_ENGINEER)


class TestAddingAVersion:
    def test_counts_up_and_keeps_what_is_not_named(self, engineer, versions):
        answer = engineer.post(versions, {"reject_from": 0.8, "preprocessing": {"scale": 0.5}}, format="json")

        assert answer.status_code == 201
        made = answer.json()
        assert (made["version"], made["reject_from"], made["preprocessing"]["scale"]) == (2, 0.8, 0.5)
        assert (made["thresholds"], made["pixel_um"], made["tile_px"]) == ({"scratch": 0.4}, 0.5, 512)

    def test_puts_it_into_force(self, engineer, versions, recipe):
        engineer.post(versions, {"reject_from": 0.8}, format="json")

        (listed,) = engineer.get(reverse("api:recipes")).json()["results"]
        assert (listed["version"], listed["reject_from"]) == (2, 0.8)
        context = resolve(Upload(recipe="BF-M3", site=recipe.site.code), actor=SYSTEM, now=AT)
        assert context.recipe_version.number == 2

    def test_leaves_the_earlier_ones_as_they_were(self, engineer, versions):
        first = engineer.get(versions).json()["results"][0]
        engineer.post(versions, {"thresholds": {}}, format="json")

        assert [row["version"] for row in engineer.get(versions).json()["results"]] == [2, 1]
        assert engineer.get(versions).json()["results"][1] == first

    def test_is_in_the_trail_with_what_was_before_and_why(self, engineer, versions, recipe):
        engineer.post(versions, {"reject_from": 0.8, "review_from": 0.3, "reason": "too many rejects"}, format="json")

        event = AuditEvent.objects.filter(action="recipe.add_version").latest("id")
        assert (event.object_id, event.object_version) == (str(recipe.pk), 2)
        assert event.before == {"reject_from": "0.7"}
        assert event.after["reject_from"] == "0.8"
        assert event.reason == "too many rejects"

    def test_that_changes_nothing_gives_the_one_in_force(self, engineer, versions):
        answer = engineer.post(versions, {"reject_from": 0.7, "thresholds": {"scratch": 0.4}}, format="json")

        assert (answer.status_code, answer.json()["version"]) == (200, 1)
        assert RecipeVersion.objects.count() == 1
        assert AuditEvent.objects.filter(action="recipe.add_version").count() == 1

    def test_seen_before_another_came_is_refused_with_the_one_in_force(self, engineer, versions):
        engineer.post(versions, {"reject_from": 0.8, "seen_version": 1}, format="json")

        late = engineer.post(versions, {"reject_from": 0.9, "seen_version": 1}, format="json")

        assert (late.status_code, late.json()["code"], late.json()["current"]) == (409, "stale_recipe", 2)
        assert RecipeVersion.objects.count() == 2

    def test_with_a_key_happens_once(self, engineer, versions):
        answers = [
            engineer.post(versions, {"reject_from": 0.8}, format="json", headers={"idempotency-key": "recipe-change-1"})
            for _ in range(2)
        ]

        assert [answer.status_code for answer in answers] == [201, 201]
        assert RecipeVersion.objects.count() == 2

    @pytest.mark.parametrize(
        ("changes", "field", "says"),
        [
            ({"review_from": 0.9}, "review_from", "At most 0.7"),
            ({"reject_from": 0.1}, "review_from", "At most 0.1"),
            ({"tile_px": 256}, "tile_px", "takes 512 and no other"),
            ({"overlap_px": 512}, "overlap_px", "256"),
            ({"thresholds": {"ghost": 0.5}}, "thresholds", "Known: scratch"),
            ({"thresholds": {"scratch": 2}}, "thresholds", "1"),
            ({"preprocessing": {"contrast": "more"}}, "preprocessing", "stretch"),
            ({"colour": "red"}, "colour", ""),
            ({"seen_version": 0}, "seen_version", ""),
        ],
        ids=str,
    )
    def test_that_cannot_be_is_refused_by_name(self, engineer, versions, changes, field, says):
        answer = engineer.post(versions, changes, format="json")

        assert answer.status_code == 400
        assert says in str(answer.json()["fields"][field])
        assert RecipeVersion.objects.count() == 1

    def test_takes_the_only_tile_size_there_is(self, engineer, versions):
        answer = engineer.post(versions, {"tile_px": 512, "reject_from": 0.8}, format="json")

        assert (answer.status_code, answer.json()["tile_px"]) == (201, 512)

    def test_of_another_sites_recipe_is_like_of_none(self, engineer, site):
        theirs = services.create_recipe(site=make_site(), code="X", actor=SYSTEM, now=AT)[0].recipe
        there, nowhere = (reverse("api:recipe_versions", args=[key]) for key in (theirs.pk, 999_999))

        answers = [engineer.post(address, {"reject_from": 0.8}, format="json") for address in (there, nowhere)]

        assert [answer.status_code for answer in answers] == [404, 404]

    def test_lists_cost_the_same_however_many_came_before(self, engineer, versions):
        def asked():
            engineer.get(reverse("api:recipes"))
            with CaptureQueriesContext(connection) as queries:
                engineer.get(reverse("api:recipes"))
            return len(queries)

        before = asked()
        for number in range(1, 5):
            engineer.post(versions, {"reject_from": 0.7 + number / 100}, format="json")

        assert asked() == before


@pytest.mark.django_db(transaction=True)
class TestAddingAtOnce:
    def test_gives_each_its_own_number(self, recipe):
        actor = Actor(user_id=None, username="ann", site_ids=frozenset({recipe.site_id}))

        def add(number):
            try:
                version, _ = services.add_recipe_version(
                    recipe_id=recipe.pk, reject_from=0.71 + number / 100, actor=actor, now=AT
                )
                return version.number
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=4) as threads:
            numbers = list(threads.map(add, range(8)))

        assert sorted(numbers) == list(range(2, 10))
