"""A site with findings, reviewers and a queue of everything."""

import itertools
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import User
from annotations import services
from annotations.models import ReviewTask
from annotations.selectors import Selection
from core.actors import Actor, service_account
from core.ids import derived_uuid7
from core.roles import Role
from inspection.models import Detection
from tests.factories import AT, make_class, make_inspected, make_site, make_user
from tests.guards import unguarded

SYSTEM = service_account("test")
_numbers = itertools.count(1)


def actor_of(user: User) -> Actor:
    return Actor(
        user_id=user.pk, username=user.username, roles=frozenset({Role.REVIEWER}),
        site_ids=frozenset(user.sites.values_list("pk", flat=True)),
    )  # fmt: skip


@pytest.fixture
def site(db):
    return make_site("fab")


@pytest.fixture
def inspected(site):
    """One image with a single finding, and no queue or task yet."""
    made = make_inspected(site)
    made.queue.entries.all().delete()
    with unguarded("book_example"):
        made.example.delete()
    made.task.delete()
    made.queue.delete()
    return made


@pytest.fixture
def find(inspected):
    """Adds findings to the image."""

    def add(count: int = 1, *, code: str = "scratch", **values) -> list[Detection]:
        return [
            Detection.objects.create(
                **{
                    "id": derived_uuid7(parent=inspected.run.pk, label=f"more{next(_numbers)}"),
                    "run": inspected.run,
                    "image": inspected.image,
                    "wafer": inspected.wafer,
                    "ordinal": next(_numbers),
                    "defect_class": make_class(code),
                    "confidence": 0.5,
                    "raw_score": 0.5,
                    "top3_class_ids": [],
                    "top3_confidences": [],
                    "severity": "major",
                    "band": "review",
                    "x_px": 10,
                    "y_px": 12,
                    "width_px": 8,
                    "height_px": 6,
                    **values,
                }
            )
            for _ in range(count)
        ]

    return add


@pytest.fixture
def ann(site):
    return actor_of(make_user(Role.REVIEWER, site=site, username="ann"))


@pytest.fixture
def bob(site):
    return actor_of(make_user(Role.REVIEWER, site=site, username="bob"))


@pytest.fixture
def queue_of(site):
    """A queue that has taken in what is stored."""

    def make(code: str = "ALL", *, selection: Selection | None = None, **values):
        queue, _ = services.create_queue(site=site, code=code, selection=selection, actor=SYSTEM, now=AT, **values)
        while services.fill_queues(now=AT):
            pass
        queue.refresh_from_db()
        return queue

    return make


@pytest.fixture
def ask():
    """Tasks that a queue hands to somebody, so many seconds after the beginning."""

    def ask(queue, actor, count: int = 1, *, after_s: float = 0.0) -> list[ReviewTask]:
        _, keys = services.next_tasks(queue_id=queue.pk, count=count, actor=actor, now=AT + timedelta(seconds=after_s))
        found = ReviewTask.objects.in_bulk(keys)
        return [found[key] for key in keys]

    return ask


@pytest.fixture
def connection_of_tests(db):
    return connection
