"""What all tests share: a database that can be emptied, memories that are forgotten, and one running instance."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from xdist.scheduler.loadscope import LoadScopeScheduling

from annotations import selectors as annotations
from core import authentication, roles
from inspection.selectors.results import forget_classes
from inspection.services import uploads
from models_admin import selectors as models_admin
from tests import guards
from tests.live_stack import LiveStack, attached, running

COMPUTES_ONLY = ("tests/unit/domain/", "tests/unit/training/", "tests/unit/demo/")
"""Tests that meet no server, and so none of its rows and counts that other tests look at."""
FROM_OUTSIDE = ("tests/e2e/", "tests/stack/", "tests/functional/test_live_")
"""Tests of one running instance, which has servers of its own."""


class ByServers(LoadScopeScheduling):
    """Where several processes share the work, each server is one's alone; files that compute are anybody's."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(FROM_OUTSIDE):
            return "the instance"
        return nodeid.split("::")[0] if nodeid.startswith(COMPUTES_ONLY) else "servers"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServers:
    return ByServers(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop on this thread, beside which no other can run."""
    items.sort(key=lambda item: "e2e" in item.path.parts)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """What is written once refuses TRUNCATE, which is how tests that commit clean up; `test_guards` tries it itself."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(guards.LET_TRUNCATE)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """What processes remember for some seconds must not outlive the rows of a test."""
    yield
    roles.forget_grants()
    authentication.forget_tokens()
    uploads.forget_named_rows()
    forget_classes()
    annotations.forget_overlap()
    annotations.forget_own_words()
    annotations.forget_answers()
    annotations.forget_quality()
    annotations.forget_doubts()
    annotations.forget_novelties()
    models_admin.forget_routes()


@pytest.fixture(scope="session")
def live_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """The whole product as real processes, shared by all tests that use it from outside.

    `WAFERDECK_TEST_STACK` names the folder of an instance that is up already, for whoever writes such tests.
    """
    if folder := os.environ.get("WAFERDECK_TEST_STACK"):
        yield attached(Path(folder))
        return
    # Under the project's own var folder: the servers' unprivileged user can reach it where it can reach the project.
    var = Path(__file__).resolve().parents[1] / "var" / "test-stack" / tmp_path_factory.mktemp("stack").name
    with running(var) as stack:
        yield stack
