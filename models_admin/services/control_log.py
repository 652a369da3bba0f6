"""What Triton was told, kept for people: when, how long it took, what came of it, and what memory it cost."""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from core.actors import Actor
from models_admin import deployment as triton
from models_admin.choices import ControlKind, ControlOutcome
from models_admin.models import ControlCall, Deployment
from serving.errors import ServingError


@contextlib.contextmanager
def logged(
    kind: ControlKind, row: Deployment, *, asked_by: str, actor: Actor, clock: Callable[[], datetime]
) -> Iterator[None]:
    """Log a call of Triton's model control, whatever comes of it.

    Args:
        asked_by: whose request it was; empty where it was nobody's but `actor`'s own.
    """
    began_at, began_s = clock(), time.perf_counter()
    memory_before = triton.memory_bytes()
    outcome, detail = ControlOutcome.DONE, ""
    try:
        yield
    except (ServingError, OSError) as fault:
        is_away = isinstance(fault, ServingError) and fault.outage
        outcome, detail = ControlOutcome.UNKNOWN if is_away else ControlOutcome.FAILED, str(fault)
        raise
    finally:
        took_ms = (time.perf_counter() - began_s) * 1000
        ControlCall.objects.create(
            kind=kind,
            outcome=outcome,
            detail=detail,
            triton_name=row.triton_name,
            version=row.version,
            asked_by=asked_by or actor.username,
            began_at=began_at,
            took_ms=round(took_ms, 1),
            memory_before=memory_before,
            memory_after=triton.memory_bytes(),
        )
