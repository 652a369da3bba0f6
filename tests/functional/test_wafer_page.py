"""The wafer's page costs the same however many runs it shows."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.ids import uuid7
from core.roles import Role
from inspection.models import InspectionRun, RecipeVersion
from tests.factories import AT, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(site, inspected):
    client = Client()
    client.force_login(make_user(Role.OPERATOR, site=site))

    def asked():
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(reverse("inspection:wafer", args=[inspected.wafer.pk]))
        assert answer.status_code == 200
        return answer, len(queries)

    asked()
    return asked


def judged_again(run, *, number):
    """One more run of the same wafer, by one more version of its recipe."""
    version = RecipeVersion.objects.create(
        recipe=run.recipe_version.recipe, number=number, preprocessing={}, preprocessing_sha256="0" * 64,
        thresholds={"scratch": number / 100}, created_at=AT, created_by="someone",
    )  # fmt: skip
    return InspectionRun.objects.create(
        id=uuid7(at=AT), site=run.site, wafer=run.wafer, layer=run.layer, tool=run.tool, recipe_version=version,
        state="done", requested_by="someone", queued_at=AT,
    )  # fmt: skip


class TestTheWafersPage:
    def test_costs_the_same_however_many_runs_and_recipe_versions(self, page, inspected):
        _, before = page()
        for number in range(2, 8):
            judged_again(inspected.run, number=number)

        assert page()[1] == before

    def test_knows_the_bands_and_thresholds_of_every_run(self, page, inspected):
        judged_again(inspected.run, number=2)

        answer, _ = page()

        recipes = answer.context["recipes"]
        assert set(recipes) == {"DEFAULT v1", "DEFAULT v2"}
        assert recipes["DEFAULT v2"]["thresholds"] == {"scratch": 0.02}
