"""Work that takes a while: taken once, ended once, handed on when its worker dies."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils.timezone import now as real_now

from audit.models import AuditEvent
from core.errors import IllegalTransition
from core.ids import uuid7
from models_admin.choices import WorkState
from models_admin.errors import LostWork, WorkFailed, WorkMustWait
from models_admin.models import VariantRun
from models_admin.services import work
from tests.integration.models_admin.conftest import ACTOR

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def asked(registered):
    """Work that waits."""
    parent = registered("1.0.0")
    row = VariantRun(id=uuid7(at=real_now()), parent=parent, precision="int8", version="1.0.1")
    work.ask_for(row, after={"parent": "1.0.0"}, actor=ACTOR, now=real_now())
    return row


def carry_out(row, body):
    return work.carry_out(VariantRun, key=row.pk, body=body, actor=ACTOR, clock=real_now, stalls_after_s=60)


def stored(row):
    return VariantRun.objects.get(pk=row.pk)


def lapse(row):
    """As if its worker had stood still for long."""
    VariantRun.objects.filter(pk=row.pk).update(lease_until=real_now() - timedelta(seconds=1))


def nothing(_row, _progress):
    return {}


def test_is_done_once_and_says_how_far_it_is(asked):
    seen = []

    def body(row, progress):
        progress.step(1, 4, "Looking at images")
        assert carry_out(row, nothing) is None, "nobody else takes it meanwhile"
        seen.append(stored(row))
        return {"version": "9.9.9"}

    done = carry_out(asked, body)

    assert (seen[0].steps_done, seen[0].steps_total, seen[0].doing) == (1, 4, "Looking at images")
    assert (done.state, stored(asked).version, stored(asked).lease_until) == (WorkState.DONE, "9.9.9", None)
    assert carry_out(asked, nothing) is None
    verbs = AuditEvent.objects.filter(object_id=str(asked.pk)).order_by("ts", "id").values_list("action", flat=True)
    assert list(verbs) == ["work.request", "work.claim", "work.finish"]


@pytest.mark.parametrize(
    ("fault", "state", "said"),
    [
        (WorkFailed("no_images", "There is no image."), WorkState.FAILED, ("no_images", "There is no image.")),
        (WorkMustWait("Triton is away.", wait_s=60), WorkState.QUEUED, ("", "")),
        (KeyError("oops"), WorkState.FAILED, ("internal_error", "An unexpected fault (KeyError).")),
    ],
)
def test_says_what_came_between(asked, fault, state, said):
    def body(_row, _progress):
        raise fault

    carry_out(asked, body)

    row = stored(asked)
    assert (row.state, row.error_code, row.error_detail[:31].strip()) == (state, said[0], said[1][:31].strip())
    assert row.waiting_for == ("Triton is away." if state == WorkState.QUEUED else "")
    # What waits for something is not tried again at once.
    assert carry_out(asked, nothing) is None


def test_ends_where_somebody_asks_for_it(asked):
    def body(row, progress):
        work.cancel(row, actor=ACTOR, now=real_now())
        progress.step(1, 2)
        raise AssertionError("it went on")

    carry_out(asked, body)

    assert stored(asked).state == WorkState.CANCELLED
    with pytest.raises(IllegalTransition):
        work.cancel(asked, actor=ACTOR, now=real_now())
    work.resume(asked, actor=ACTOR, now=real_now())
    assert carry_out(asked, nothing).state == WorkState.DONE


def test_what_waits_is_cancelled_at_once(asked):
    assert work.cancel(asked, actor=ACTOR, now=real_now()).state == WorkState.CANCELLED
    assert carry_out(asked, nothing) is None


def test_goes_to_somebody_else_when_its_worker_dies(asked):
    def body(row, progress):
        lapse(row)
        assert work.sweep_work(actor=ACTOR, now=real_now())["lapsed"] == 1
        assert carry_out(row, nothing).state == WorkState.DONE
        with pytest.raises(LostWork):
            progress.step(1, 2)
        return {"version": "late"}

    assert carry_out(asked, body) is None
    assert stored(asked).version == "1.0.1", "a late result is dropped"


def test_is_given_up_when_workers_keep_dying_over_it(asked):
    for _ in range(work.MOST_FAILURES):
        assert work.claim(VariantRun, key=asked.pk, actor=ACTOR, now=real_now())
        lapse(asked)
        work.sweep_work(actor=ACTOR, now=real_now())

    row = stored(asked)
    assert (row.state, row.error_code) == (WorkState.FAILED, "worker_lost")


def test_what_is_held_or_unknown_is_not_to_be_had(asked):
    assert work.claim(VariantRun, key=asked.pk, actor=ACTOR, now=real_now())

    assert work.claim(VariantRun, key=asked.pk, actor=ACTOR, now=real_now()) is None
    assert work.claim(VariantRun, key=uuid4(), actor=ACTOR, now=real_now()) is None
