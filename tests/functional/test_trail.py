"""The trail refuses every change but one more row, whoever asks."""

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from audit import services as audit
from audit.actions import Action
from audit.models import AuditEvent
from core.actors import service_account
from core.guards import CREATE_FUNCTIONS
from tests.factories import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def _as_in_production():
    """Tests that commit empty tables by TRUNCATE, so the guard is off for them; here it is on."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE_FUNCTIONS)


@pytest.mark.usefixtures("_as_in_production")
class TestTheTrail:
    @pytest.mark.parametrize(
        "statement", ["UPDATE audit_event SET reason = 'none'", "DELETE FROM audit_event", "TRUNCATE audit_event"]
    )
    def test_cannot_be_changed(self, statement):
        audit.record(action=Action.LOGIN, object_type="account", object_id=1, actor=service_account("test"), at=AT)

        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_keeps_fractions_as_they_were_said(self):
        audit.record(
            action=Action.LOGIN, object_type="account", object_id=1, actor=service_account("test"), at=AT,
            after={"confidence": 0.1, "deep": [{"value": 1e-9}]},
        )  # fmt: skip

        assert AuditEvent.objects.get().after == {"confidence": "0.1", "deep": [{"value": "1e-09"}]}
