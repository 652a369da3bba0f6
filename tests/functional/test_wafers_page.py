"""The list of wafers, whatever state their newest inspection is in."""

import pytest
from django.test import Client
from django.urls import reverse

from core.roles import Role
from inspection.models import InspectionRun
from tests.factories import AT, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(site):
    client = Client()
    client.force_login(make_user(Role.OPERATOR, site=site))
    return client


class TestTheListOfWafers:
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"state": "queued", "band": ""}, "Queued"),
            ({"state": "queued", "band": "", "waiting_for": "The inference server is away."}, "server is away"),
            ({"state": "running", "band": "", "lease_until": AT}, "Inspecting"),
            ({"state": "failed", "band": "", "error_code": "worker_lost", "error_detail": "It broke."}, "It broke."),
            ({"state": "cancelled", "band": ""}, "Cancelled"),
        ],
    )
    def test_shows_what_is_not_inspected_yet_and_why(self, client, inspected, values, words):
        InspectionRun.objects.filter(pk=inspected.run.pk).update(**values)

        answer = client.get(reverse("inspection:wafers"))

        assert answer.status_code == 200
        assert words in answer.content.decode()

    def test_shows_a_wafer_that_was_never_inspected(self, client, inspected):
        InspectionRun.objects.filter(pk=inspected.run.pk).update(wafer=_another_of(inspected.wafer))

        answer = client.get(reverse("inspection:wafers"))

        assert answer.status_code == 200
        assert "Not inspected" in answer.content.decode()


def _another_of(wafer):
    return type(wafer).objects.create(
        id=type(wafer.pk)(int=wafer.pk.int + 1), site=wafer.site, lot=wafer.lot, code="W2", created_at=wafer.created_at
    )
