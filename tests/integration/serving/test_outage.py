"""Triton killed, stopped and frozen under the client."""

import time

import numpy as np
import pytest

from serving import health
from serving.breaker import BreakerState
from serving.client import TritonClient
from serving.control import TritonControl
from serving.errors import CircuitOpen, ServingError, TritonTimeout, TritonUnavailable
from tests.integration.serving.conftest import publish_detector
from tests.private_triton import eventually

pytestmark = pytest.mark.runtime

TILES = np.full((1, 1, 512, 512), 100, np.uint8)


@pytest.fixture
def served(private_triton, tmp_path):
    """A client, a control and the name of a model that is loaded."""
    name, _ = publish_detector(private_triton.repository, tmp_path / "zoo", version="1.0.0")
    control = TritonControl(grpc_url=private_triton.grpc_url)
    control.load_model(model_name=name)
    client = TritonClient(grpc_url=private_triton.grpc_url)
    client.infer(model_name=name, tiles=TILES, deadline_s=10)
    yield client, control, name
    client.close()
    control.close()


def exhaust(client, name):
    """Call until the breaker is open. Returns the faults on the way."""
    faults = []
    while not faults or not isinstance(faults[-1], CircuitOpen):
        with pytest.raises(ServingError) as raised:
            client.infer(model_name=name, tiles=TILES, deadline_s=1)
        faults.append(raised.value)
        assert len(faults) < 20
    return faults


class TestStopped:
    def test_is_unavailable_fast_then_refused_at_once_then_served_again(self, private_triton, served):
        client, control, name = served
        private_triton.stop()

        started = time.monotonic()
        with pytest.raises(TritonUnavailable):
            client.infer(model_name=name, tiles=TILES, deadline_s=5)
        assert time.monotonic() - started < 3
        faults = exhaust(client, name)
        assert all(isinstance(fault, TritonUnavailable) and fault.outage for fault in faults)
        started = time.monotonic()
        with pytest.raises(CircuitOpen):
            client.infer(model_name=name, tiles=TILES, deadline_s=5)
        assert time.monotonic() - started < 0.1

        private_triton.start()
        control.load_model(model_name=name)

        def served_again():
            try:
                return len(client.infer(model_name=name, tiles=TILES, deadline_s=2)) == 1
            except CircuitOpen:
                return False

        assert eventually(served_again, within_s=10) < 10
        assert client.breaker_snapshot(model_name=name).state is BreakerState.CLOSED

    def test_closes_without_traffic_when_a_timer_probes(self, private_triton, served):
        client, control, name = served
        private_triton.stop()
        exhaust(client, name)
        private_triton.start()
        control.load_model(model_name=name)

        eventually(lambda: client.probe(model_name=name).state is BreakerState.CLOSED, within_s=10)

    def test_health_says_so_in_bounded_time(self, private_triton, served):
        client, control, name = served
        metrics_url = private_triton.metrics_url
        private_triton.stop()

        started = time.monotonic()
        seen = health.snapshot(control, client=client, watched_models=[name], metrics_url=metrics_url)

        assert time.monotonic() - started < 1.5
        assert (seen.live, seen.ready, seen.model(name).ready) == (False, False, False)
        assert seen.fault


class TestKilled:
    def test_calls_in_flight_fail_as_unavailable_and_the_restarted_server_is_found(self, private_triton, served):
        client, control, name = served
        private_triton.kill()

        with pytest.raises(ServingError) as raised:
            for _ in range(200):
                client.infer(model_name=name, tiles=TILES, deadline_s=2)
        assert raised.value.outage

        eventually(control.is_ready, within_s=20)
        control.load_model(model_name=name)

        def served_again():
            try:
                return len(client.infer(model_name=name, tiles=TILES, deadline_s=2)) == 1
            except ServingError:
                return False

        eventually(served_again, within_s=10)


class TestFrozen:
    def test_the_deadline_holds_and_the_breaker_opens(self, private_triton, served):
        client, control, name = served
        private_triton.freeze()
        try:
            started = time.monotonic()
            with pytest.raises(TritonTimeout):
                client.infer(model_name=name, tiles=TILES, deadline_s=0.3)
            assert time.monotonic() - started < 0.5
            assert control.is_ready(deadline_s=0.3) is False
            assert isinstance(exhaust(client, name)[-1], CircuitOpen)
        finally:
            private_triton.thaw()

        eventually(lambda: client.probe(model_name=name).state is BreakerState.CLOSED, within_s=10)
        assert len(client.infer(model_name=name, tiles=TILES, deadline_s=5)) == 1
