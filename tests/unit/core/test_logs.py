"""Lines of the log, as they are written."""

import io
import json
import logging
import sys

import pytest
import structlog
from django.test import Client


@pytest.fixture
def lines(monkeypatch):
    """What is logged from now on, as the process writes it."""
    written = io.StringIO()
    for handler in logging.getLogger().handlers:
        if getattr(handler, "stream", None) is sys.stderr or isinstance(
            handler.formatter, structlog.stdlib.ProcessorFormatter
        ):
            monkeypatch.setattr(handler, "stream", written)
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


class TestAForeignHost:
    def test_is_one_short_warning_without_a_trace(self, lines, settings):
        settings.ALLOWED_HOSTS = ["waferdeck.example"]

        answer = Client(raise_request_exception=False).get("/healthz", headers={"host": "x" * 50_000})

        assert answer.status_code == 400
        (line,) = (line for line in lines() if line["logger"] == "django.security.DisallowedHost")
        assert line["level"] == "warning"
        assert "exception" not in line
        assert len(json.dumps(line)) < 600


class TestAFaultOfOurs:
    def test_keeps_its_trace(self, lines):
        try:
            raise ValueError("broken")
        except ValueError:
            logging.getLogger("django.request").exception("it broke")

        (line,) = (line for line in lines() if line["event"] == "it broke")
        assert (line["level"], "ValueError: broken" in line["exception"]) == ("error", True)
