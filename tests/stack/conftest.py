"""One instance of the whole product for all tests here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live_stack import LiveStack, running


@pytest.fixture(scope="session")
def live_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    # Under the project's own var folder: the servers' unprivileged user can reach it where it can reach the project.
    var = Path(__file__).resolve().parents[2] / "var" / "test-stack" / tmp_path_factory.mktemp("stack").name
    with running(var) as stack:
        yield stack
