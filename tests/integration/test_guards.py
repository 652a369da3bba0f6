"""What is written once stays as it was written: the application may not even try, the owner is stopped."""

import os
from uuid import uuid4

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from audit import services as audit
from audit.actions import Action
from core.actors import service_account
from core.clock import now
from core.guards import CREATE_FUNCTIONS
from core.partitions import ensure_month_partitions
from inspection.models import Detection
from models_admin.models import (
    ControlCall,
    Deployment,
    GateVersion,
    GoldenAnswers,
    GoldenSet,
    Model,
    ModelVersion,
    RoutePlace,
    ServingConfig,
    Tenure,
    ValidationReport,
    ValidationRun,
)
from tests.factories import make_inspected, make_site

# With a change that nobody may make.
WRITTEN_ONCE = {
    "audit_event": "reason = 'none'",
    "control_call": "outcome = 'done'",
    "detection": "confidence = 0",
    "gate_version": "limits = '{}'",
    "golden_answers": "store_key = ''",
    "golden_set": "images = 7",
    "inspection_image": "sha256 = ''",
    "model_version": "sha256 = ''",
    "recipe_version": "reject_from = 1",
    "route_place": "slot = 'fallback'",
    "run_image": "ordinal = 7",
    "serving_config": "instances = 9",
    "tenure": "taken_by = 'nobody'",
    "validation_report": "has_passed = true",
}
CHANGES = ("UPDATE {table} SET {values}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE")


@pytest.fixture
def _as_in_production(db):
    with connection.cursor() as cursor:
        cursor.execute(CREATE_FUNCTIONS)


@pytest.fixture
def app(db):
    """A session of the application's role in the database of the tests."""
    place = psycopg.conninfo.make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    with psycopg.connect(place, autocommit=True) as session:
        yield session


@pytest.fixture
def rows(db):
    """A row of everything that is written once."""
    model = Model.objects.create(name="visual_defects", kind="visual", created_at=now())
    version = ModelVersion.objects.create(
        model=model, version="1.0.0", sha256="0" * 64, bytes=1, metadata={}, created_at=now(), created_by="test"
    )
    audit.record(
        action=Action.LOGIN, object_type="model_version", object_id=version.pk, actor=service_account("test"), at=now()
    )
    asked = {"triton_name": "visual_defects__1_0_0", "requested_by": "test", "requested_at": now(), "changed_at": now()}
    deployment = Deployment.objects.create(version=version, **asked)
    ControlCall.objects.create(
        kind="load", outcome="failed", triton_name="visual_defects__1_0_0", version=version, asked_by="test",
        began_at=now(), took_ms=1,
    )  # fmt: skip
    ServingConfig.objects.create(
        model=model, revision=1, instances=2, max_queue_delay_us=0, max_queue_size=64, made_at=now(), made_by="test"
    )
    place = RoutePlace.objects.create(model=model, slot="champion")
    Tenure.objects.create(place=place, deployment=deployment, since=now())
    _measured(version)
    make_inspected()
    # A table with checks still to come is not emptied anyhow.
    execute("SET CONSTRAINTS ALL IMMEDIATE")


def _measured(version: ModelVersion) -> None:
    """A version that was held to gates by a golden set."""
    GateVersion.objects.create(model=version.model, number=1, limits={}, created_by="test", created_at=now())
    golden_set = GoldenSet.objects.create(
        id=uuid4(), site=make_site(), model=version.model, name="G", sha256="0" * 64, splits=["test"], images=1,
        defects=0, classes={}, left_out={}, registered_by="test", registered_at=now(),
    )  # fmt: skip
    run = ValidationRun.objects.create(
        id=uuid4(), version=version, golden_set=golden_set, reading={}, requested_by="test", requested_at=now()
    )
    ValidationReport.objects.create(
        run=run, version=version, has_passed=False, gate_number=1, document={}, sha256="0" * 64, created_at=now()
    )
    GoldenAnswers.objects.create(
        version=version, subject_sha256="0" * 64, reading_sha256="0" * 64, store_key="k", created_at=now()
    )


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def partitions_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table])
        return [name for (name,) in cursor.fetchall()]


class TestTheApplication:
    @pytest.mark.parametrize("change", CHANGES)
    @pytest.mark.parametrize(("table", "values"), WRITTEN_ONCE.items())
    def test_may_not_change_what_is_written_once(self, app, table, values, change):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
            app.execute(change.format(table=table, values=values))

    @pytest.mark.parametrize("table", WRITTEN_ONCE)
    def test_may_add_and_read_it(self, app, table):
        allowed = app.execute(
            "SELECT has_table_privilege(%s, 'SELECT') AND has_table_privilege(%s, 'INSERT')", [table, table]
        ).fetchone()

        assert allowed == (True,)

    def test_may_say_what_became_of_a_version(self, app):
        app.execute("UPDATE model_version SET status = 'validated'")
        app.execute("SELECT FROM model_version FOR UPDATE")


@pytest.mark.usefixtures("_as_in_production", "rows")
class TestTheOwner:
    @pytest.mark.parametrize("change", CHANGES)
    @pytest.mark.parametrize(("table", "values"), WRITTEN_ONCE.items())
    def test_is_stopped(self, table, values, change):
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
            execute(change.format(table=table, values=values))

    def test_may_say_what_became_of_a_version(self):
        assert ModelVersion.objects.update(status="validated") == 1

    @pytest.mark.parametrize("change", ["status = 'validated', sha256 = ''", "golden = '{\"images\": 1}'"])
    def test_may_say_nothing_else_of_a_version(self, change):
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
            execute(f"UPDATE model_version SET {change}")

    @pytest.mark.parametrize("table", ["audit_event", "detection"])
    def test_is_stopped_at_partitions_too_also_those_made_later(self, table):
        with connection.cursor() as cursor:
            assert ensure_month_partitions(cursor, table=table, now=now(), months_back=0, months_ahead=5) == 2

        for partition in partitions_of(table):
            with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
                execute(f"TRUNCATE {partition}")

    def test_is_stopped_whatever_a_session_says_it_replays(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT tgenabled FROM pg_trigger WHERE tgname ~ '_(written_once|not_emptied)$'")
            assert cursor.fetchall() == [("A",)]

    def test_finds_a_detection_as_it_was(self):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM detection")

        assert Detection.objects.count() == 1
