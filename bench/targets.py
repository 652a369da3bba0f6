"""How far a report is from what is aimed for, and where the time goes.

The targets were set on another machine; what is said as a multiple of a limit holds on any.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Report = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """A figure of a report that should be at most (or, `is_floor`, at least) this."""

    name: str
    aim: float
    unit: str
    figure: Callable[[Report], float | None]
    is_floor: bool = False

    def line(self, report: Report) -> str:
        """The target, what was measured and whether that is enough."""
        aim = f"{'at least' if self.is_floor else 'at most'} {self.aim:g} {self.unit}"
        got = self.figure(report)
        if got is None:
            return f"{self.name:44} {aim:24} not measured"
        share = got / self.aim
        is_met = share >= 1 if self.is_floor else share <= 1
        return f"{self.name:44} {aim:24} measured {got:g}: {'met' if is_met else f'missed, {share:.2f} times that'}"


def targets(*, precision: str) -> list[Target]:
    """What a model of that precision (`int8`, `fp32`) is measured by."""
    cpu_ms, limit_ms = (28.0, 18.5) if precision == "int8" else (46.0, 34.0)
    return [
        Target("whole path, CPU per image, 10 clients", cpu_ms, "ms", lambda r: at(r, 10)["cpu_ms_per_image"]),
        Target(
            "the same, as a multiple of the tight loop",
            round(cpu_ms / limit_ms, 2),
            "times",
            lambda r: at(r, 10)["times_the_limit"],
        ),
        Target("stored at 10 clients", 50.0, "images/s", lambda r: at(r, 10)["images_per_s"], is_floor=True),
        Target("stored at 50 clients", 50.0, "images/s", lambda r: at(r, 50)["images_per_s"], is_floor=True),
        Target("P95 at 50 clients", 1200.0, "ms", lambda r: at(r, 50)["p95_ms"]),
        Target("Triton, as a multiple of ONNX Runtime", 1.15, "times", lambda r: r["raw_triton"]["times_onnx_runtime"]),
        Target("stored to on-screen, P95, 500 screens", 60.0, "ms", lambda r: r["screens"][-1]["p95_ms"]),
    ]


def at(report: Report, clients: int) -> dict[str, Any]:
    """The whole path's figures at that many clients."""
    figures: dict[str, Any] = next(one for one in report["whole_path"] if one["clients"] == clients)
    return figures


def summary(report: Report, *, precision: str) -> list[str]:
    """Lines for people: every target, then the CPU time of an image by who spends it."""
    loop = report["tight_loop"]
    spent = ", ".join(f"{name} {ms:g}" for name, ms in at(report, 10)["cpu_ms_by_process"].items())
    least = ", ".join(f"{step} {loop[f'{step}_cpu_ms']:g}" for step in ("decode", "preprocess", "infer"))
    return [
        *(target.line(report) for target in targets(precision=precision)),
        f"CPU-ms of an image at 10 clients: {spent}",
        f"CPU-ms of an image in the tight loop: {least}",
    ]
