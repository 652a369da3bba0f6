"""Wafers are put on hold by whoever sees a reason, and released by a lead who has read it."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from core.roles import Role
from inspection.models import WaferHold
from inspection.services.ingest import look_up
from outbox.models import OutboxEvent
from tests.factories import AT, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def hold(client_as, inspected):
    client = client_as(Role.REVIEWER)
    return lambda reason="scratches like on W03": client.post(
        reverse("api:wafer_hold", args=[inspected.wafer.pk]), {"reason": reason}, format="json"
    )


@pytest.fixture
def release(client_as, inspected):
    client = client_as(Role.LEAD)
    return lambda seen=1, reason="looked at": client.post(
        reverse("api:wafer_release", args=[inspected.wafer.pk]), {"reason": reason, "seen_number": seen}, format="json"
    )


class TestAHold:
    def test_says_who_and_why_everywhere_the_wafer_is_shown(self, hold, client_as, inspected):
        held = hold().json()["hold"]

        client = client_as(Role.OPERATOR)
        assert (held["number"], held["reason"]) == (1, "scratches like on W03")
        assert client.get(reverse("api:wafer", args=[inspected.wafer.pk])).json()["hold"] == held
        assert client.get(reverse("api:wall")).json()["cards"][0]["hold"] == held
        assert client.get(reverse("api:review_task", args=[inspected.task.pk])).json()["wafer"]["hold"] == held

    def test_is_in_the_trail_and_announced(self, hold, inspected):
        hold()

        event = AuditEvent.objects.get(action="wafer.hold")
        assert (event.object_id, event.reason) == (str(inspected.wafer.pk), "scratches like on W03")
        told = OutboxEvent.objects.get(type="wafer.held")
        assert told.topics == [f"site:{inspected.site.pk}"]
        assert told.payload["hold"]["reason"] == "scratches like on W03"

    def test_of_a_wafer_that_is_held_is_refused_with_the_hold(self, hold):
        hold()

        again = hold("for something else")

        assert (again.status_code, again.json()["code"]) == (409, "hold_changed")
        assert again.json()["current"]["reason"] == "scratches like on W03"

    def test_needs_a_reason(self, hold):
        assert hold("  ").status_code == 400

    def test_is_one_of_its_sites(self, client_as, foreign):
        client = client_as(Role.REVIEWER)
        asked = client.post(reverse("api:wafer_hold", args=[foreign.wafer.pk]), {"reason": "x"}, format="json")
        assert asked.status_code == 404

    def test_cannot_be_changed_or_deleted_by_anybody(self, hold):
        hold()
        for change in (lambda: WaferHold.objects.update(reason="other"), lambda: WaferHold.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()

    def test_narrows_the_lists(self, hold, client_as, site, inspected):
        client, page = client_as(Role.OPERATOR), Client()
        page.force_login(make_user(Role.OPERATOR, site=site))

        def listed():
            answer = client.get(reverse("api:wafers"), {"on_hold": True}).json()["results"]
            shown = page.get(reverse("inspection:wafers"), {"hold": "held"}).context["wafers"]
            return [row["id"] for row in answer], [str(row["wafer"].pk) for row in shown]

        assert listed() == ([], [])
        hold()
        assert listed() == ([str(inspected.wafer.pk)], [str(inspected.wafer.pk)])


class TestARelease:
    def test_keeps_both_reasons_and_lets_it_be_held_again(self, hold, release):
        hold()

        released = release().json()

        assert released["hold"] is None
        assert [(row["is_held"], row["reason"]) for row in released["holds"]] == [
            (False, "looked at"),
            (True, "scratches like on W03"),
        ]
        assert AuditEvent.objects.filter(action="wafer.release", reason="looked at").count() == 1
        assert hold("again").json()["hold"]["number"] == 3

    def test_of_another_hold_than_was_looked_at_is_refused(self, hold, release):
        hold()
        release()
        hold("again")

        refused = release(seen=1)

        assert (refused.status_code, refused.json()["current"]["number"]) == (409, 3)

    def test_is_for_leads(self, hold, client_as, inspected):
        hold()
        asked = client_as(Role.REVIEWER).post(
            reverse("api:wafer_release", args=[inspected.wafer.pk]), {"reason": "x", "seen_number": 1}, format="json"
        )
        assert asked.status_code == 403


def test_another_image_of_a_wafer_knows_its_hold(hold, inspected):
    hold()
    known = look_up(lot=inspected.lot, code="W1", slot=None, layer_id=inspected.run.layer_id, sha256="0" * 64, now=AT)
    assert (known.wafer.hold_number, known.wafer.hold_reason) == (1, "scratches like on W03")
