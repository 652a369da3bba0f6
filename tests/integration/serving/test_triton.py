"""The client against a real Triton server."""

import threading
import time
from collections import Counter

import numpy as np
import onnxruntime
import pytest

from serving import health
from serving.client import ClientLimits, TritonClient
from serving.errors import BadAnswer, LoadFailed, ModelNotReady, TritonOverloaded, TritonTimeout
from serving.repository import ModelConfig, publish
from serving.retry import RetryPolicy
from serving.tensors import OUTPUT_NAMES
from tests.private_triton import eventually


def noise(tiles, *, seed=0, below=180):
    return np.random.default_rng(seed).integers(0, below, (tiles, 1, 512, 512), dtype=np.uint8)


class TestInfer:
    def test_equals_onnxruntime_in_this_process(self, client, detector):
        name, path = detector
        tiles = noise(11)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        expected = dict(zip(OUTPUT_NAMES, session.run(list(OUTPUT_NAMES), {"image": tiles}), strict=True))

        answer = client.infer(model_name=name, tiles=tiles, deadline_s=20)

        for output in OUTPUT_NAMES:
            np.testing.assert_allclose(getattr(answer, output), expected[output], atol=1e-5, err_msg=output)

    def test_fifty_threads_each_get_their_own_answer(self, stack, detector):
        name, _ = detector
        wrong, faults = [], []
        with TritonClient(grpc_url=stack["grpc_url"]) as client:

            def ask(grey):
                tiles = np.full((2, 1, 512, 512), grey, np.uint8)
                try:
                    for _ in range(4):
                        answer = client.infer(model_name=name, tiles=tiles, deadline_s=60)
                        if abs(answer.scores[1, 0] * 255 - grey) > 0.01:
                            wrong.append(grey)
                except Exception as fault:
                    faults.append(fault)

            threads = [threading.Thread(target=ask, args=(grey,)) for grey in range(50)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]

        assert (wrong, faults) == ([], [])

    def test_refuses_nan(self, client, serve):
        name, _ = serve("1.0.1", nan_above=200)

        client.infer(model_name=name, tiles=noise(1, below=150), deadline_s=10)
        with pytest.raises(BadAnswer, match="scores"):
            client.infer(model_name=name, tiles=np.full((1, 1, 512, 512), 250, np.uint8), deadline_s=10)

    def test_refuses_another_number_of_rows(self, client, detector):
        from serving.tensors import DetectorShape

        with pytest.raises(BadAnswer, match="boxes"):
            client.infer(model_name=detector[0], tiles=noise(1), deadline_s=10, shape=DetectorShape(rows=50))


class TestNotReady:
    def test_an_unknown_model_is_not_ready(self, client):
        with pytest.raises(ModelNotReady):
            client.infer(model_name="nobody__1_0_0", tiles=noise(1), deadline_s=5)

    def test_an_unloaded_model_is_not_ready(self, client, control, serve):
        name, _ = serve("1.0.2")
        client.infer(model_name=name, tiles=noise(1), deadline_s=10)

        control.unload_model(model_name=name)

        with pytest.raises(ModelNotReady):
            client.infer(model_name=name, tiles=noise(1), deadline_s=5)


class TestFullQueue:
    @pytest.fixture
    def slow(self, serve):
        return serve("1.0.3", work=10, config=ModelConfig(instances=1, max_queue_size=2))[0]

    def test_is_refused_at_once(self, stack, slow):
        outcomes, refused_after_s, tiles = Counter(), [], noise(8)
        with TritonClient(grpc_url=stack["grpc_url"], retry=RetryPolicy(tries=1)) as client:

            def ask():
                started = time.monotonic()
                try:
                    client.infer(model_name=slow, tiles=tiles, deadline_s=60)
                    outcomes["answered"] += 1
                except TritonOverloaded:
                    outcomes["refused"] += 1
                    refused_after_s.append(time.monotonic() - started)

            threads = [threading.Thread(target=ask) for _ in range(12)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]

        assert set(outcomes) == {"answered", "refused"}
        assert outcomes["answered"] >= 2
        assert np.median(refused_after_s) < 1

    def test_shows_in_the_figures(self, stack, control, slow):
        with TritonClient(grpc_url=stack["grpc_url"], retry=RetryPolicy(tries=1)) as client:
            arguments = {"model_name": slow, "tiles": noise(8), "deadline_s": 60}
            threads = [threading.Thread(target=client.infer, kwargs=arguments) for _ in range(2)]
            [thread.start() for thread in threads]

            def waiting():
                figures = health.snapshot(control, metrics_url=stack["metrics_url"]).figures
                return any(model.name == slow and model.pending_requests for model in figures.models)

            eventually(waiting, within_s=5, every_s=0.02)
            [thread.join() for thread in threads]

    def test_deadline_ends_the_wait(self, stack, slow):
        limits, tiles = ClientLimits(chunks_at_once=1), noise(40)
        with TritonClient(grpc_url=stack["grpc_url"], limits=limits) as client:
            started = time.monotonic()
            with pytest.raises(TritonTimeout):
                client.infer(model_name=slow, tiles=tiles, deadline_s=0.3)

        assert time.monotonic() - started < 0.6


class TestControl:
    def test_sees_the_server(self, control):
        assert (control.is_live(), control.is_ready()) == (True, True)
        assert control.server_metadata().version

    def test_ready_means_exactly_this_model(self, control, detector):
        name, _ = detector

        assert control.is_model_ready(model_name=name) is True
        assert control.is_model_ready(model_name=name, version="2") is False
        assert control.is_model_ready(model_name=f"{name}0") is False

    def test_loads_and_unloads(self, control, serve):
        name, _ = serve("1.0.4")
        assert control.is_model_ready(model_name=name)

        control.unload_model(model_name=name)
        assert not control.is_model_ready(model_name=name)

        control.load_model(model_name=name)
        assert control.is_model_ready(model_name=name)

    def test_loading_twice_is_harmless(self, control, client, detector):
        control.load_model(model_name=detector[0])

        client.infer(model_name=detector[0], tiles=noise(1), deadline_s=10)

    def test_unloading_what_is_not_loaded_is_harmless(self, control):
        control.unload_model(model_name="nobody__1_0_0")

    def test_loading_what_is_not_published_fails(self, control):
        with pytest.raises(LoadFailed):
            control.load_model(model_name="nobody__1_0_0")

    def test_loading_a_broken_file_fails_and_says_why(self, control, stack, tmp_path):
        import hashlib

        broken = tmp_path / "broken.onnx"
        broken.write_bytes(b"\x08\x01 this is no model")
        digest = hashlib.sha256(broken.read_bytes()).hexdigest()
        publish(
            stack["repository"],
            model_name="broken",
            version="1.0.0",
            source=broken,
            sha256=digest,
            config=ModelConfig(),
        )

        with pytest.raises(LoadFailed, match=r"(?i)model\.onnx") as refusal:
            control.load_model(model_name="broken__1_0_0")

        assert "Traceback" not in str(refusal.value)
        assert control.is_ready(), "one broken candidate must not take the server out of service"

    def test_reads_the_digest_from_the_loaded_configuration(self, control, detector):
        import hashlib

        name, path = detector
        parameters = control.model_config(model_name=name)["parameters"]

        assert parameters["sha256"]["string_value"] == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_counts_what_was_inferred(self, control, client, serve):
        name, _ = serve("1.0.5")
        client.infer(model_name=name, tiles=noise(11), deadline_s=10)

        # Triton counts after it has answered.
        eventually(lambda: control.statistics(model_name=name)[0].inferences == 11, within_s=2)
        (totals,) = control.statistics(model_name=name)

        assert (totals.succeeded, totals.failed) == (2, 0)
        assert totals.compute_ms > 0

    def test_lists_what_is_published(self, control, detector):
        assert detector[0] in {entry.name for entry in control.repository_index()}


class TestHealth:
    def test_shows_server_models_and_breaker(self, control, client, stack, detector):
        name, _ = detector
        client.infer(model_name=name, tiles=noise(1), deadline_s=10)

        seen = health.snapshot(
            control, client=client, watched_models=[name, "gone__1_0_0"], metrics_url=stack["metrics_url"]
        )

        assert (seen.live, seen.ready, seen.fault) == (True, True, "")
        assert seen.model(name).ready
        assert seen.model(name).breaker.state == "closed"
        assert seen.model(name).statistics.inferences > 0
        assert not seen.model("gone__1_0_0").ready
