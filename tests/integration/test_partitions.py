"""Months get their partitions whatever lies in the default one, and the trail stays append-only meanwhile."""

import os
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from django.core.management import call_command
from django.db import InternalError, ProgrammingError, connection, transaction

from audit import services as audit
from audit.actions import Action
from audit.models import AuditEvent
from core.actors import service_account
from core.ids import derived_uuid7, uuid7
from core.partitions import ensure_month_partitions
from inspection.models import Detection
from tests.factories import make_inspected

pytestmark = pytest.mark.django_db

FAR = datetime(2031, 5, 17, 8, 0, tzinfo=UTC)
"""Nobody has made partitions for this month."""
FARTHER = datetime(2032, 2, 1, tzinfo=UTC)
THIS_MONTH = "2031_05"


@pytest.fixture
def strays(db):
    """Two events of a month without a partition, and one of a month that gets none here."""
    return [
        audit.record(action=Action.LOGIN, object_type="account", object_id=k, actor=service_account("test"), at=at)
        for k, at in enumerate((FAR, FAR, FARTHER))
    ]


def ensure(table: str = "audit_event") -> int:
    with connection.cursor() as cursor:
        return ensure_month_partitions(cursor, table=table, now=FAR, months_back=0, months_ahead=0)


def query(statement: str, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def place_of(event_id: UUID, table: str = "audit_event") -> str:
    ((place,),) = query(f"SELECT tableoid::regclass::text FROM {table} WHERE id = %s", event_id)
    return place.removeprefix(f"{table}_")


def trail() -> list:
    return query("SELECT md5(event::text) FROM audit_event event ORDER BY id")


class TestRowsInTheDefaultPartition:
    def test_move_into_their_month_unchanged(self, strays):
        before = trail()
        assert [place_of(one) for one in strays] == ["default", "default", "default"]

        assert ensure() == 1

        assert [place_of(one) for one in strays] == [THIS_MONTH, THIS_MONTH, "default"]
        assert trail() == before

    def test_of_detections_move_as_well(self):
        seen = make_inspected(at=FAR)

        assert ensure("detection") == 1

        assert place_of(seen.detection.pk, "detection") == THIS_MONTH
        assert Detection.objects.get(pk=seen.detection.pk).run_id == seen.run.pk
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            Detection.objects.update(ordinal=7)

    def test_that_come_later_find_their_month(self, strays):
        ensure()

        later = audit.record(
            action=Action.LOGOUT, object_type="account", object_id=1, actor=service_account("test"), at=FAR
        )

        assert place_of(later) == THIS_MONTH

    def test_are_moved_once(self, strays):
        assert (ensure(), ensure()) == (1, 0)

    def test_keep_their_key_unique(self, strays):
        ensure()

        ((count,),) = query(
            "SELECT count(*) FROM pg_index WHERE indisunique AND indisvalid"
            " AND indrelid IN ('audit_event_default'::regclass, 'audit_event_2031_05'::regclass)"
        )
        assert count == 2


class TestTheGuards:
    @pytest.mark.parametrize("place", ["audit_event", "audit_event_2031_05", "audit_event_default"])
    @pytest.mark.parametrize("statement", ["UPDATE {} SET reason = 'none'", "DELETE FROM {}"])
    def test_refuse_the_owner_in_every_partition_afterwards(self, strays, place, statement):
        ensure()

        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            query(statement.format(place))

        assert AuditEvent.objects.filter(pk__in=strays).count() == 3

    def test_are_always_on_in_every_partition(self, strays):
        ensure()

        states = query(
            "SELECT inhrelid::regclass::text, tgenabled FROM pg_inherits"
            " LEFT JOIN pg_trigger ON tgrelid = inhrelid AND tgname = 'audit_event_written_once'"
            " WHERE inhparent = 'audit_event'::regclass"
        )
        assert len(states) >= 2
        assert {state for _, state in states} == {"A"}

    def test_leave_the_application_no_way_to_a_partition_itself(self, strays):
        ensure()

        open_to_it = query(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent IN ('audit_event'::regclass, 'detection'::regclass)"
            " AND has_table_privilege('waferdeck_app', inhrelid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')"
        )
        assert open_to_it == []


@pytest.mark.django_db(transaction=True)
class TestTheApplication:
    def test_may_have_them_moved_but_change_nothing(self, strays):
        before = trail()
        place = connection.settings_dict["NAME"]
        app = psycopg.conninfo.make_conninfo(os.environ["DATABASE_URL"], dbname=place, options="-c lock_timeout=5000")
        try:
            with psycopg.connect(app, autocommit=True) as session:
                made = session.execute("SELECT ensure_month_partitions('audit_event', %s, 0, 0)", [FAR]).fetchone()
                assert made == (1,)
                for statement in ("DELETE FROM audit_event", "DELETE FROM audit_event_2031_05",
                                  "ALTER TABLE audit_event DETACH PARTITION audit_event_2031_05"):  # fmt: skip
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        session.execute(statement)
            assert trail() == before
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE IF EXISTS audit_event_2031_05")

    def test_starts_with_the_partitions_of_its_months(self, newest_is_missing):
        call_command("migrate", verbosity=0)

        assert query("SELECT to_regclass(%s)::text", newest_is_missing) == [(newest_is_missing,)]

    def test_starts_without_them_where_somebody_is_in_the_way(self, newest_is_missing):
        owner = psycopg.conninfo.make_conninfo(
            os.environ["DATABASE_MIGRATION_URL"], dbname=connection.settings_dict["NAME"]
        )
        with psycopg.connect(owner) as reader:
            reader.execute("SELECT count(*) FROM detection")
            call_command("migrate", verbosity=0)

        assert query("SELECT to_regclass(%s)::text", newest_is_missing) == [(None,)]

    @pytest.fixture
    def newest_is_missing(self):
        ((newest,),) = query(
            "SELECT max(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'detection'::regclass"
            " AND inhrelid::regclass::text <> 'detection_default'"
        )
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {newest}")
        yield newest
        call_command("migrate", verbosity=0)


def test_ids_of_a_month_lie_between_its_bounds():
    """The function and `core.ids` must agree on where a month begins."""
    at = datetime(2031, 5, 1, tzinfo=UTC)
    first = uuid7(at=at)
    ((lowest,),) = query("SELECT month_floor(%s)", at)

    assert lowest <= first < derived_uuid7(parent=uuid7(at=FAR), label="0")
