"""A point in time shared by everything that must be finished before it."""

from collections.abc import Callable
from dataclasses import dataclass

from serving.errors import TritonTimeout

Clock = Callable[[], float]
"""Monotonic seconds."""


@dataclass(frozen=True)
class Deadline:
    """Counts down on a monotonic clock, so that setting the wall clock neither ends nor prolongs a call."""

    expires_at_s: float
    clock: Clock

    @classmethod
    def after(cls, seconds: float, *, clock: Clock) -> "Deadline":
        return cls(expires_at_s=clock() + seconds, clock=clock)

    def remaining_s(self) -> float:
        return max(0.0, self.expires_at_s - self.clock())

    def require(self, *, at_least_s: float, doing: str) -> float:
        """Seconds left.

        Raises:
            TritonTimeout: fewer than `at_least_s` are left.
        """
        left_s = self.remaining_s()
        if left_s < at_least_s:
            raise TritonTimeout(f"no time left {doing}")
        return left_s
