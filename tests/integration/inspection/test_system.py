"""The state of the whole, asked of the real servers."""

import pytest

from core.clock import now
from inspection import services
from inspection.services import system
from serving.repository import triton_model_name
from tests.integration.inspection.conftest import VERSION

pytestmark = pytest.mark.django_db


class TestTritonsFigures:
    def test_are_told_per_model(self, deployed, operator, png):
        name = triton_model_name(model_name="visual_defects", version=VERSION)

        def shown():
            return next(model for model in system._read(now())["triton"]["models"] if model["name"] == name)

        before = shown()
        services.predict_image(
            data=png(), file_name="a.png", upload=services.Upload(use_cache=False), actor=operator, now=now()
        )
        after = shown()

        assert after["ready"]
        assert (after["requests"] - before["requests"], after["inferences"] - before["inferences"]) == (1, 1)
        assert after["compute_ms"] > before["compute_ms"]
        assert after["queue_ms"] >= before["queue_ms"]
        assert (after["pending"], after["rejected"]) == (0, 0)

    def test_are_unknown_where_the_metrics_page_is_away(self, deployed, settings):
        settings.TRITON_METRICS_URL = "http://127.0.0.1:9/metrics"

        state = system._read(now())

        assert {model["pending"] for model in state["triton"]["models"]} == {None}
        assert next(part for part in state["components"] if part["name"] == "triton")["state"] == "ok"
