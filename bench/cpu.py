"""CPU time of a tree of processes, those that have ended meanwhile included."""

from collections import defaultdict
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class CpuSample:
    """User and system seconds by process name since its start."""

    seconds: dict[str, float]

    def since(self, earlier: "CpuSample") -> dict[str, float]:
        """Seconds spent per name between two samples, most first."""
        spent = {name: total - earlier.seconds.get(name, 0.0) for name, total in self.seconds.items()}
        return dict(sorted(spent.items(), key=lambda item: -item[1]))


def sample(named_pids: dict[str, int]) -> CpuSample:
    """CPU of each named process with all its descendants."""
    seconds: dict[str, float] = defaultdict(float)
    for name, pid in named_pids.items():
        try:
            root = psutil.Process(pid)
            family = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        for process in family:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            # What has ended is in its parent's children_* as soon as it is reaped.
            seconds[name] += times.user + times.system + times.children_user + times.children_system
    return CpuSample(dict(seconds))
