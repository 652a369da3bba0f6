"""A gRPC server that speaks Triton's protocol and misbehaves on demand."""

import threading
from concurrent import futures

import grpc
import numpy as np
from tritonclient.grpc import service_pb2, service_pb2_grpc

SHAPES = {"boxes": (100, 4), "scores": (100,), "class_scores": (100, 8), "embedding": (100, 64)}


class FakeTriton(service_pb2_grpc.GRPCInferenceServiceServicer):
    """Answers with the mean of each tile as its scores. `script` holds what to do instead, one entry per call."""

    def __init__(self):
        self.script = []
        self.calls = []
        self.cancelled = threading.Event()
        self.running = self.most_at_once = 0
        self.ready = True
        self._lock = threading.Lock()
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=32))
        service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    @property
    def url(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        self._server.stop(grace=None).wait()

    def ModelReady(self, request, context):
        return service_pb2.ModelReadyResponse(ready=self.ready)

    def ModelInfer(self, request, context):
        with self._lock:
            self.calls.append(request)
            step = self.script.pop(0) if self.script else None
            self.running += 1
            self.most_at_once = max(self.most_at_once, self.running)
        try:
            if callable(step):
                step = step(self, context)
            if isinstance(step, tuple):
                context.abort(*step)
            return step or self.answer(request)
        finally:
            with self._lock:
                self.running -= 1

    def answer(self, request, *, model_name=None, **replaced):
        """A contract-conformant answer; `replaced` puts other arrays in."""
        tiles = np.frombuffer(request.raw_input_contents[0], np.uint8).reshape(-1, 512 * 512)
        means = tiles.mean(axis=1).astype(np.float32) / 255
        arrays = {}
        for name, dims in SHAPES.items():
            arrays[name] = np.broadcast_to(means.reshape(-1, *(1,) * len(dims)), (len(tiles), *dims)).astype(np.float32)
        arrays.update(replaced)
        response = service_pb2.ModelInferResponse(model_name=model_name or request.model_name)
        for name, array in arrays.items():
            if array is not None:
                response.outputs.add(
                    name=name, datatype="FP32" if array.dtype == np.float32 else "FP64", shape=array.shape
                )
                response.raw_output_contents.append(array.tobytes())
        return response
