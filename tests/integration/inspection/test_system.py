"""The state of the whole, asked of the real servers."""

import contextlib
import sys
from dataclasses import replace

import numpy as np
import pytest

from core.clock import now
from core.decoding import decoder
from core.errors import Unavailable
from core.roles import Role
from inspection import services
from inspection.services import inference, system
from inspection.services.decoder import draw_view
from serving.client import TritonClient
from serving.errors import ServingError
from serving.repository import triton_model_name
from serving.retry import RetryPolicy
from tests.integration.inspection.conftest import VERSION

pytestmark = pytest.mark.django_db
NAME = triton_model_name(model_name="visual_defects", version=VERSION)


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


class TestTritonsOwnWords:
    @pytest.fixture
    def open_breaker(self, deployed, monkeypatch):
        with TritonClient(grpc_url="127.0.0.1:9", retry=RetryPolicy(tries=1)) as nobody:
            monkeypatch.setattr(inference, "triton", lambda: nobody)
            system._seen.clear()
            for _ in range(20):
                with contextlib.suppress(ServingError):
                    nobody.infer(model_name=NAME, tiles=np.zeros((1, 1, 512, 512), np.uint8), deadline_s=1.0)
            yield
        system._seen.clear()

    def test_are_for_engineers(self, open_breaker, operator):
        engineer = replace(operator, roles=frozenset({Role.MODEL_ENGINEER}))

        told = {actor: services.system_state(now=now(), visible_to=actor)["breaker"] for actor in (operator, engineer)}

        assert told[engineer]["state"] == told[operator]["state"] == "open"
        assert "127.0.0.1" in told[engineer]["reason"]
        assert told[operator]["reason"] == ""

    def test_while_it_is_open_the_whole_is_degraded(self, open_breaker, operator):
        told = services.system_state(now=now(), visible_to=operator)

        assert (told["state"], state_of("triton", told)) == ("degraded", "degraded")
        assert told["banner"]


class TestTheDecoder:
    def test_that_cannot_be_started_is_down_and_well_again_with_the_next_image(self, monkeypatch, png):
        decoder.cache_clear()
        with monkeypatch.context() as broken, pytest.raises(Unavailable):
            broken.setattr(sys, "executable", "/nowhere/python")
            draw_view(png(), max_side_px=64)
        down = system._read(now())

        draw_view(png(), max_side_px=64)
        well = system._read(now())

        assert state_of("decoder", down) == "down"
        assert "Images cannot be decoded" in down["banner"] or "the decoder" in down["banner"]
        assert state_of("decoder", well) == "ok"


def state_of(name, state):
    return next(part["state"] for part in state["components"] if part["name"] == name)
