import hashlib
import os
import threading
import time

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from serving.errors import BadArtefact, VersionConflict
from serving.repository import ModelConfig, config_pbtxt, publish, published_sha256, remove, triton_model_name

CONTENT = b"not really a model"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "upload.onnx"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def root(tmp_path):
    return tmp_path / "models"


def put(root, source, **changes):
    wanted = {"model_name": "visual_defects", "version": "1.1.0", "sha256": SHA256, "config": ModelConfig(), **changes}
    return publish(root, source=source, **wanted)


def parsed(text):
    return text_format.Parse(text, model_config_pb2.ModelConfig())


class TestTritonModelName:
    def test_joins_name_and_version(self):
        assert triton_model_name(model_name="visual_defects", version="1.2.0") == "visual_defects__1_2_0"

    @pytest.mark.parametrize(
        "name", ["", "Visual", "1visual", "a-b", "a/b", "..", "a" * 64, "a__b", "visual_defects\n", "näme", ".hidden"]
    )
    def test_refuses_names(self, name):
        with pytest.raises(BadArtefact):
            triton_model_name(model_name=name, version="1.2.0")

    @pytest.mark.parametrize("version", ["", "1", "1.2", "1.2.3.4", "12345.0.0", "1.2.x", "1.2.3\n", "١.٢.٣", "-1.0.0"])
    def test_refuses_versions(self, version):
        with pytest.raises(BadArtefact):
            triton_model_name(model_name="visual_defects", version=version)


class TestConfigPbtxt:
    def test_describes_the_contract(self):
        config = parsed(config_pbtxt(triton_name="m__1_0_0", sha256=SHA256, config=ModelConfig()))

        assert (config.name, config.backend, config.max_batch_size) == ("m__1_0_0", "onnxruntime", 8)
        assert [(i.name, list(i.dims)) for i in config.input] == [("image", [1, 512, 512])]
        assert {o.name: list(o.dims) for o in config.output} == {
            "boxes": [100, 4],
            "scores": [100],
            "class_scores": [100, 8],
            "embedding": [100, 64],
        }

    def test_bounds_the_queue_and_refuses_beyond(self):
        wanted = ModelConfig(max_queue_size=3, queue_timeout_ms=250, max_queue_delay_us=700)

        batching = parsed(config_pbtxt(triton_name="m__1_0_0", sha256=SHA256, config=wanted)).dynamic_batching

        assert batching.max_queue_delay_microseconds == 700
        assert batching.default_queue_policy.max_queue_size == 3
        assert batching.default_queue_policy.default_timeout_microseconds == 250_000
        assert batching.default_queue_policy.timeout_action == model_config_pb2.ModelQueuePolicy.REJECT

    def test_computes_with_one_thread_per_instance(self):
        config = parsed(config_pbtxt(triton_name="m__1_0_0", sha256=SHA256, config=ModelConfig(instances=3)))

        assert config.parameters["intra_op_thread_count"].string_value == "1"
        assert config.parameters["session.intra_op.allow_spinning"].string_value == "0"
        assert [(group.count, group.kind) for group in config.instance_group] == [
            (3, model_config_pb2.ModelInstanceGroup.KIND_CPU)
        ]

    def test_names_the_file_it_serves(self):
        assert (
            parsed(config_pbtxt(triton_name="m__1_0_0", sha256=SHA256, config=ModelConfig()))
            .parameters["sha256"]
            .string_value
            == SHA256
        )

    def test_moves_to_the_gpu(self):
        config = parsed(config_pbtxt(triton_name="m__1_0_0", sha256=SHA256, config=ModelConfig(gpu=True)))

        assert config.instance_group[0].kind == model_config_pb2.ModelInstanceGroup.KIND_GPU


class TestPublish:
    def test_writes_what_triton_reads(self, root, source):
        folder = put(root, source)

        assert folder == root / "visual_defects__1_1_0"
        assert (folder / "1" / "model.onnx").read_bytes() == CONTENT
        assert parsed((folder / "config.pbtxt").read_text()).name == "visual_defects__1_1_0"

    def test_lets_another_user_read_but_not_write(self, root, source):
        folder = put(root, source)

        assert [oct((folder / part).stat().st_mode & 0o777) for part in (".", "1", "1/model.onnx", "config.pbtxt")] == [
            "0o755",
            "0o755",
            "0o644",
            "0o644",
        ]

    def test_repeated_changes_nothing(self, root, source):
        model = put(root, source) / "1" / "model.onnx"
        before = model.stat().st_ino

        put(root, source)

        assert model.stat().st_ino == before

    def test_repeated_with_another_configuration_replaces_only_that(self, root, source):
        folder = put(root, source)
        before = (folder / "1" / "model.onnx").stat().st_ino

        put(root, source, config=ModelConfig(instances=5))

        assert parsed((folder / "config.pbtxt").read_text()).instance_group[0].count == 5
        assert (folder / "1" / "model.onnx").stat().st_ino == before

    def test_refuses_another_file_under_the_same_version(self, root, source):
        put(root, source)
        source.write_bytes(b"changed")

        with pytest.raises(VersionConflict, match="use a new version"):
            put(root, source, sha256=hashlib.sha256(b"changed").hexdigest())

        assert published_sha256(root, model_name="visual_defects", version="1.1.0") == SHA256

    def test_notices_that_a_published_file_was_changed(self, root, source):
        (put(root, source) / "1" / "model.onnx").write_bytes(b"tampered")

        with pytest.raises(VersionConflict):
            put(root, source)

    @pytest.mark.parametrize(
        ("change", "word"), [({"sha256": "0" * 64}, "expected"), ({"sha256": "xyz"}, "not a SHA-256")]
    )
    def test_refuses_a_wrong_digest_and_leaves_nothing(self, root, source, change, word):
        with pytest.raises(BadArtefact, match=word):
            put(root, source, **change)

        assert not root.exists() or list(root.iterdir()) == []

    def test_refuses_what_is_too_large(self, root, source, monkeypatch):
        monkeypatch.setattr("serving.repository.MAX_MODEL_BYTES", 4)

        with pytest.raises(BadArtefact, match="larger than 4 bytes"):
            put(root, source)

    def test_twenty_at_once_publish_one_version(self, root, source):
        barrier, faults = threading.Barrier(20), []

        def run():
            barrier.wait()
            try:
                put(root, source)
            except Exception as fault:
                faults.append(fault)

        threads = [threading.Thread(target=run) for _ in range(20)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

        assert faults == []
        assert [path.name for path in root.iterdir()] == ["visual_defects__1_1_0"]

    def test_sweeps_what_a_crash_left_an_hour_ago(self, root, source):
        old, fresh = root / ".staging-a", root / ".staging-b"
        old.mkdir(parents=True)
        fresh.mkdir()
        os.utime(old, (time.time() - 7200,) * 2)

        put(root, source)

        assert (old.exists(), fresh.exists()) == (False, True)


class TestRemove:
    def test_takes_the_version_away(self, root, source):
        put(root, source)

        assert remove(root, model_name="visual_defects", version="1.1.0") is True
        assert list(root.iterdir()) == []

    def test_repeated_says_there_was_nothing(self, root):
        root.mkdir()

        assert remove(root, model_name="visual_defects", version="1.1.0") is False


class TestPublishedSha256:
    def test_is_none_before(self, root):
        assert published_sha256(root, model_name="visual_defects", version="1.1.0") is None
