"""When a failed try is worth another: full jitter, few tries, and a budget that keeps retries a small share of load.

Written out because a library would only own the loop: what matters here - the budget shared by all calls of the
process, the deadline over all tries, the repeat of only those chunks that failed - lives outside of it anyway.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from serving.deadline import Deadline
from serving.errors import ServingError


@dataclass(frozen=True)
class RetryPolicy:
    """Limits of repeating.

    Attributes:
        tries: at most this many, the first included.
        base_s, cap_s: the wait before repeat n is drawn from 0 to min(cap, base * 2**n).
        budget: repeats per ordinary call, in the long run.
        reserve: repeats a process may make before its first calls have earned any.
    """

    tries: int = 4
    base_s: float = 0.05
    cap_s: float = 1.0
    budget: float = 0.1
    reserve: float = 3.0


class RetryBudget:
    """Tokens shared by all calls of a process: each call earns a fraction of one, each repeat costs one."""

    def __init__(self, *, policy: RetryPolicy) -> None:
        self._policy = policy
        self._lock = threading.Lock()
        self._tokens = policy.reserve

    def earn(self) -> None:
        with self._lock:
            self._tokens = min(self._tokens + self._policy.budget, max(self._policy.reserve, 10.0))

    def spend(self) -> bool:
        """Whether one more repeat is within the budget; if so it is paid for."""
        with self._lock:
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class Retrier:
    """Decides, for all calls of a process, whether and when a failed one is tried again."""

    def __init__(self, *, policy: RetryPolicy, draw: Callable[[], float] = random.random) -> None:
        self._policy = policy
        self._draw = draw
        self._budget = RetryBudget(policy=policy)

    def starting(self) -> None:
        """A new call begins and earns its share of the budget."""
        self._budget.earn()

    def wait_s(self, *, tries_made: int, fault: ServingError, deadline: Deadline) -> float | None:
        """Seconds to wait before the next try, or None when there should be none."""
        if not fault.retry_at_once or tries_made >= self._policy.tries:
            return None
        ceiling_s = min(self._policy.cap_s, self._policy.base_s * 2 ** (tries_made - 1))
        wait_s = self._draw() * ceiling_s
        if wait_s >= deadline.remaining_s() or not self._budget.spend():
            return None
        return wait_s
