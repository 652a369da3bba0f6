"""The real Triton inference server, from the nvidia-pytriton wheel, with our backend for ONNX models."""

import filecmp
import os
import shutil
import signal
from pathlib import Path

from runtime import environment, libpython, probes
from runtime.layout import TRITON_DIR, Layout
from runtime.process import Command
from runtime.unit import Spec

BACKENDS_DIR = Path(__file__).with_name("triton_backends")
# Where Triton's Python backend hands tensors over.
SHARED_MEMORY_DIR = Path("/dev/shm")


class TritonMissing(Exception):
    """The server cannot be started on this machine as it is; the message says what to do."""


class Triton:
    """The unit that keeps this instance's Triton running."""

    def __init__(self, *, layout: Layout, ports: dict[str, int], instance: str, scratch: bool) -> None:
        self._layout = layout
        self._ports = ports
        self._backends = layout.triton_dir / "backends"
        self._shared_memory_prefix = shared_memory_prefix(instance)
        self._install = TRITON_DIR / "pytriton" / "tritonserver"
        self._libpython_dir = self._check()
        if scratch:
            _remove_tree_content(layout.models_dir)

    def spec(self) -> Spec:
        http = self._ports["triton_http"]
        return Spec(
            name="triton",
            command=self._command,
            ports={"grpc": self._ports["triton_grpc"], "http": http, "metrics": self._ports["triton_metrics"]},
            address=f"http://127.0.0.1:{http}",
            probe=lambda: probes.http_ok(port=http, path="/v2/health/ready"),
            prepare=self._prepare,
            stop=((signal.SIGTERM, 8.0),),
        )

    def remove_shared_memory(self) -> None:
        remove_shared_memory(self._shared_memory_prefix)

    def _check(self) -> Path:
        """The folder of libpython, once everything Triton needs is known to be there."""
        if not (self._install / "bin" / "tritonserver").exists():
            raise TritonMissing(f"Triton is not installed in {TRITON_DIR}: run `make setup`")
        if not self._stub().exists():
            raise TritonMissing(f"this Triton has no support for Python {libpython.VERSION}; use Python 3.11 to 3.13")
        folder = libpython.find()
        if folder is None:
            raise TritonMissing(libpython.ADVICE)
        return folder

    def _stub(self) -> Path:
        return self._install / "python_backend_stubs" / libpython.VERSION / "triton_python_backend_stub"

    def _prepare(self) -> None:
        """Lay out the backend folder: the Python backend, the stub of our Python version, and our own backend."""
        self.remove_shared_memory()
        python_backend = self._install / "backends" / "python"
        wanted = {
            "python/libtriton_python.so": python_backend / "libtriton_python.so",
            "python/triton_python_backend_utils.py": python_backend / "triton_python_backend_utils.py",
            "python/triton_python_backend_stub": self._stub(),
            "onnxruntime/model.py": BACKENDS_DIR / "onnxruntime" / "model.py",
        }
        for name, target in wanted.items():
            # Copies: Triton refuses links that lead out of the folder.
            copy = self._backends / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            if not (copy.exists() and filecmp.cmp(copy, target)):
                shutil.copy2(target, copy)

    def _command(self) -> Command:
        argv = [
            str(self._install / "bin" / "tritonserver"),
            f"--model-repository={self._layout.models_dir}",
            f"--backend-directory={self._backends}",
            f"--cache-directory={self._install / 'caches'}",
            "--model-control-mode=explicit",
            # What a model is comes from its config.pbtxt alone, never from a guess.
            "--disable-auto-complete-config",
            # A candidate that fails to load must not make the server count as not ready until it is restarted.
            "--strict-readiness=false",
            "--http-address=127.0.0.1",
            "--grpc-address=127.0.0.1",
            "--metrics-address=127.0.0.1",
            f"--http-port={self._ports['triton_http']}",
            f"--grpc-port={self._ports['triton_grpc']}",
            f"--metrics-port={self._ports['triton_metrics']}",
            "--http-thread-count=2",
            "--allow-metrics=true",
            "--allow-sagemaker=false",
            "--allow-vertex-ai=false",
            "--exit-timeout-secs=5",
            "--log-format=ISO8601",
            f"--backend-config=python,shm-region-prefix-name={self._shared_memory_prefix}",
        ]
        everywhere = environment.for_any_process(self._layout)
        libraries = [str(TRITON_DIR / "nvidia_pytriton.libs"), str(self._libpython_dir)]
        if os.environ.get("LD_LIBRARY_PATH"):
            libraries.append(os.environ["LD_LIBRARY_PATH"])
        return Command(
            argv=argv,
            # The stub finds Python by PATH, which starts with our own, and ignores PYTHONPATH.
            environment=everywhere | {"LD_LIBRARY_PATH": os.pathsep.join(libraries)},
            folder=self._layout.triton_dir,
        )


def shared_memory_prefix(instance: str) -> str:
    """How our blocks of shared memory are called, so that what a killed server leaves is known as ours."""
    return f"waferdeck_{instance}_"


def remove_shared_memory(prefix: str) -> None:
    """Remove blocks of shared memory whose names start with `prefix`."""
    for block in SHARED_MEMORY_DIR.glob(f"{prefix}*"):
        block.unlink(missing_ok=True)


def _remove_tree_content(folder: Path) -> None:
    for base, folders, files in os.walk(folder, topdown=False):
        for name in files:
            (Path(base) / name).unlink()
        for name in folders:
            (Path(base) / name).rmdir()
