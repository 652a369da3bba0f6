"""Holds that are renewed beside the work they stand for: short, so that what its holder leaves behind is soon free."""

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator

import structlog
from django.db import connection

logger = structlog.get_logger(__name__)


@contextlib.contextmanager
def renewed(
    renew: Callable[[], bool], *, every_s: float, stalls_after_s: float = math.inf
) -> Iterator[Callable[[], None]]:
    """Renew a hold on a thread of its own, for as long as the block runs and gets on.

    A process that was killed or stopped renews nothing, nor does a block that hangs: then the hold runs out.

    Args:
        renew: prolongs the hold, on a connection of its own, and says whether it is still ours. Where that cannot be
            found out, it is asked again the next time.
        every_s: several times within the hold, so that it outlives a renewal that failed.
        stalls_after_s: a block that has not said for so long that it gets on is taken to hang.

    Yields:
        What the block calls at every step forward.
    """
    renewal = _Renewal(renew, every_s=every_s, stalls_after_s=stalls_after_s)
    renewal.start()
    try:
        yield renewal.note_step
    finally:
        renewal.over.set()


class _Renewal(threading.Thread):
    def __init__(self, renew: Callable[[], bool], *, every_s: float, stalls_after_s: float) -> None:
        super().__init__(name="renewal", daemon=True)
        self.over = threading.Event()
        self._renew = renew
        self._every_s = every_s
        self._stalls_after_s = stalls_after_s
        self.note_step()

    def note_step(self) -> None:
        self._last_step_s = time.monotonic()

    def run(self) -> None:
        while not self.over.wait(self._every_s):
            if time.monotonic() - self._last_step_s > self._stalls_after_s:
                logger.warning("hold_not_renewed", error="its work does not get on")
            elif not self._is_ours():
                return

    def _is_ours(self) -> bool:
        try:
            return self._renew()
        except Exception as fault:
            logger.warning("hold_not_renewed", error=type(fault).__name__)
            return True
        finally:
            connection.close()
