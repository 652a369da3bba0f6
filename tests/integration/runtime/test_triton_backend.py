"""The `onnxruntime` backend inside a real Triton: the same config.pbtxt and model.onnx as NVIDIA's container takes."""

import concurrent.futures
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
import tritonclient.grpc as triton
from onnx import TensorProto, helper
from tritonclient.utils import InferenceServerException

from runtime import procfs

pytestmark = [pytest.mark.runtime, pytest.mark.timeout(120)]

CONFIG = """
name: "{name}"
backend: "onnxruntime"
max_batch_size: 8
input [ {{ name: "image" data_type: TYPE_UINT8 dims: [ 1, 16, 16 ] }} ]
output [
  {{ name: "mean" data_type: TYPE_FP32 dims: [ {mean_dims} ] }},
  {{ name: "copy" data_type: TYPE_UINT8 dims: [ 1, 16, 16 ] }}
]
instance_group [ {{ count: {count} kind: KIND_CPU }} ]
dynamic_batching {{ max_queue_delay_microseconds: 20000 }}
"""


def tiny_model() -> onnx.ModelProto:
    """Grey images in; their mean and a copy of them out. An image whose corner is 255 is looked up where nothing is."""
    nodes = [
        helper.make_node("Cast", ["image"], ["grey"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["grey", "axes"], ["plain_mean"], keepdims=1),
        helper.make_node("Cast", ["image"], ["numbers"], to=TensorProto.INT64),
        helper.make_node("Slice", ["numbers", "first", "second", "plane"], ["corner"]),
        helper.make_node("Gather", ["table", "corner"], ["nothing"]),
        helper.make_node("Add", ["plain_mean", "nothing"], ["mean"]),
        helper.make_node("Identity", ["image"], ["copy"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", 1, 16, 16])],
        [
            helper.make_tensor_value_info("mean", TensorProto.FLOAT, ["N", 1, 1, 1]),
            helper.make_tensor_value_info("copy", TensorProto.UINT8, ["N", 1, 16, 16]),
        ],
        [
            helper.make_tensor("axes", TensorProto.INT64, [3], [1, 2, 3]),
            helper.make_tensor("first", TensorProto.INT64, [2], [0, 0]),
            helper.make_tensor("second", TensorProto.INT64, [2], [1, 1]),
            helper.make_tensor("plane", TensorProto.INT64, [2], [2, 3]),
            helper.make_tensor("table", TensorProto.FLOAT, [255], [0.0] * 255),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


class Server:
    """A Triton of our own and its model repository."""

    def __init__(self, instance) -> None:
        self.instance = instance
        instance.up("triton")
        ports = instance.process("triton")["ports"]
        self.http, self.metrics = ports["http"], ports["metrics"]
        self.client = triton.InferenceServerClient(f"127.0.0.1:{ports['grpc']}")

    def publish(self, name: str, *, mean_dims: str = "1, 1, 1", count: int = 1, content: bytes | None = None) -> None:
        folder: Path = self.instance.var_dir / "models" / name / "1"
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(content or tiny_model().SerializeToString())
        (folder.parent / "config.pbtxt").write_text(CONFIG.format(name=name, mean_dims=mean_dims, count=count))

    def infer(self, name: str, images: np.ndarray, outputs: tuple[str, ...] = ("mean", "copy")):
        given = triton.InferInput("image", list(images.shape), "UINT8")
        given.set_data_from_numpy(images)
        return self.client.infer(name, [given], outputs=[triton.InferRequestedOutput(each) for each in outputs])


@pytest.fixture(scope="module")
def server(tmp_path_factory, instance_class):
    instance = instance_class(tmp_path_factory.mktemp("triton") / "var")
    server = Server(instance)
    server.publish("tiny", count=2)
    server.client.load_model("tiny")
    yield server
    server.client.close()
    instance.close()


class TestAnswers:
    def test_one_image(self, server):
        image = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
        answer = server.infer("tiny", image)

        assert answer.as_numpy("mean").tolist() == [[[[127.5]]]]
        assert (answer.as_numpy("copy") == image).all()

    def test_every_client_of_a_shared_batch_gets_its_own_rows(self, server):
        def ask(number: int) -> bool:
            images = np.full((1 + number % 3, 1, 16, 16), number, np.uint8)
            answer = server.infer("tiny", images)
            return (answer.as_numpy("copy") == images).all() and (answer.as_numpy("mean") == number).all()

        with concurrent.futures.ThreadPoolExecutor(12) as clients:
            right = list(clients.map(ask, range(120)))

        statistics = server.client.get_inference_statistics("tiny", as_json=True)["model_stats"][0]
        assert all(right)
        assert int(statistics["execution_count"]) < int(statistics["inference_stats"]["success"]["count"])

    def test_a_request_that_fails_does_not_spoil_the_others_of_its_batch(self, server):
        def ask(number: int) -> str:
            try:
                answer = server.infer("tiny", np.full((1, 1, 16, 16), number, np.uint8))
            except InferenceServerException as fault:
                return "refused" if "out of data bounds" in str(fault) else str(fault)
            return "right" if (answer.as_numpy("mean") == number).all() else "wrong"

        with concurrent.futures.ThreadPoolExecutor(12) as clients:
            told = list(clients.map(ask, [255 if number % 6 == 0 else number for number in range(60)]))

        assert told == ["refused" if number % 6 == 0 else "right" for number in range(60)]

    def test_only_what_was_asked_for(self, server):
        answer = server.infer("tiny", np.zeros((2, 1, 16, 16), np.uint8), outputs=("mean",))

        assert answer.as_numpy("mean").shape == (2, 1, 1, 1)
        assert answer.as_numpy("copy") is None

    @pytest.mark.parametrize("shape", [(1, 1, 16, 15), (1, 16, 16), (9, 1, 16, 16)])
    def test_refuses_other_shapes_and_too_many(self, server, shape):
        with pytest.raises(InferenceServerException, match=r"shape|batch"):
            server.infer("tiny", np.zeros(shape, np.uint8))

    def test_nothing_is_written_into_the_log_for_an_answer(self, server):
        before = server.instance.log("triton")
        for _ in range(20):
            server.infer("tiny", np.zeros((1, 1, 16, 16), np.uint8))

        assert server.instance.log("triton") == before

    def test_memory_does_not_grow_with_answers(self, server):
        images = np.zeros((8, 1, 16, 16), np.uint8)
        server.instance.note()
        stubs = [pid for pid in server.instance.alive() if procfs.command_name(pid).startswith("triton_python")]

        def resident_kib() -> int:
            return sum(
                int(line.split()[1])
                for pid in stubs
                for line in Path(f"/proc/{pid}/status").read_text().splitlines()
                if line.startswith("VmRSS")
            )

        for _ in range(200):
            server.infer("tiny", images)
        before = resident_kib()
        for _ in range(1000):
            server.infer("tiny", images)

        assert stubs
        assert resident_kib() - before < 2048


class TestModels:
    def test_starts_without_any_and_takes_them_away(self, server):
        server.publish("passing")
        server.client.load_model("passing")
        assert server.client.is_model_ready("passing")

        server.client.unload_model("passing")

        deadline = time.monotonic() + 10
        while server.client.is_model_ready("passing"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert server.client.is_server_ready()

    def test_refuses_a_config_that_is_not_the_model_s(self, server):
        server.publish("differs", mean_dims="2")

        with pytest.raises(InferenceServerException, match=r"output 'mean' is .* in the model"):
            server.client.load_model("differs")
        assert server.client.is_server_ready()

    def test_refuses_what_is_no_model(self, server):
        server.publish("junk", content=b"junk")

        with pytest.raises(InferenceServerException, match=r"model\.onnx cannot be loaded"):
            server.client.load_model("junk")
        assert server.client.is_model_ready("tiny")


class TestDeath:
    def test_a_killed_server_leaves_no_stub_and_no_shared_memory(self, server, until):
        server.instance.note()
        before = {pid for pid in server.instance.alive() if procfs.command_name(pid).startswith("triton")}
        instance_id = server.instance.state["instance"]
        blocks = {path.name for path in Path("/dev/shm").glob(f"waferdeck_{instance_id}*")}
        assert len(before) >= 2
        assert blocks

        procfs.send(server.instance.process("triton")["pid"], 9)
        until(lambda: server.instance.process("triton")["restarts"] == 1)
        until(lambda: server.instance.process("triton")["state"] == "ready")

        assert not before & set(server.instance.alive())
        assert not blocks & {path.name for path in Path("/dev/shm").iterdir()}


def test_onnx_runtime_does_not_report_to_its_maker(server):
    assert list((server.instance.var_dir / "cache").rglob("*onnxruntime*")) == []
