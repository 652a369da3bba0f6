"""Figures that every open health page asks for again and again: right, and not by reading every run there ever was."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.clock import now
from inspection import selectors, services
from inspection.models import InspectionRun
from serving.errors import TritonUnavailable

pytestmark = pytest.mark.django_db
AT = now()
MANY = 5000


@pytest.fixture
def queued(operator, png):
    """Makes runs that wait, since no model is deployed."""

    def queued(seed, *, hours_ago=0.0):
        return services.predict_image(
            data=png(seed),
            file_name="a.png",
            upload=services.Upload(),
            actor=operator,
            now=AT - timedelta(hours=hours_ago),
        ).run

    return queued


@pytest.fixture
def many(queued):
    """A few runs that wait among so many done ones as the planner needs to prefer an index."""
    run = queued(1)
    same = ", ".join(
        field.column for field in InspectionRun._meta.concrete_fields if field.column not in ("id", "state")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO inspection_run (id, state, {same})
            SELECT gen_random_uuid(), CASE WHEN n %% 500 = 0 THEN 'queued' ELSE 'done' END, {same}
            FROM inspection_run, generate_series(1, %s) n WHERE id = %s
            """,
            [MANY, run.pk],
        )
        cursor.execute("ANALYZE inspection_run")


class TestQueueState:
    def test_counts_what_waits_runs_and_has_failed_lately(self, queued):
        queued(1, hours_ago=2.0)
        queued(2)
        queued(3)
        for hours_ago in (1, 25):
            failed = queued(10 + hours_ago, hours_ago=50)
            InspectionRun.objects.filter(pk=failed.pk).update(
                state="failed", finished_at=AT - timedelta(hours=hours_ago), waiting_for=""
            )
        running = queued(4)
        InspectionRun.objects.filter(pk=running.pk).update(state="running", lease_until=AT, waiting_for="")

        state = selectors.queue_state(now=AT)

        assert (state["queued"], state["running"], state["failed_24h"]) == (3, 1, 1)
        assert state["oldest_queued_s"] == 7200.0
        assert "deployed" in state["waiting_for"]

    def test_says_for_how_long_work_waits_for_triton(self, queued):
        queued(1, hours_ago=2.0)
        held_up = queued(2, hours_ago=1.0)
        InspectionRun.objects.filter(pk=held_up.pk).update(waiting_for=TritonUnavailable.plain)

        assert selectors.queue_state(now=AT)["held_up_s"] == 3600.0

    def test_every_question_has_an_index_of_its_own(self, many):
        with CaptureQueriesContext(connection) as asked:
            selectors.queue_state(now=AT)

        assert len(asked.captured_queries) > 1
        with connection.cursor() as cursor:
            for query in asked.captured_queries:
                cursor.execute(f"EXPLAIN {query['sql']}")
                plan = " ".join(row[0] for row in cursor.fetchall())
                # Where little waits the planner may as well take the index of all that is not done.
                assert any(name in plan for name in ("run_queue", "run_leases", "run_failed", "run_not_done")), plan


class TestInferenceFigures:
    def test_are_of_the_last_day(self, queued, operator):
        queued(1, hours_ago=25)
        queued(2, hours_ago=23)
        queued(3)

        assert [figures["runs"] for figures in selectors.inference_figures(operator, now=AT)] == [2]
