"""What versions of a model must reach: changed by adding a version of the limits, never by editing one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Invalid, NotFound
from domain.evaluation.gates import Gates
from models_admin import selectors
from models_admin.errors import StaleGates
from models_admin.models import GateVersion, Model


@transaction.atomic
def set_gates(
    *, model_name: str, limits: Mapping[str, Any], seen_number: int, reason: str, actor: Actor, now: datetime
) -> GateVersion:
    """Hold versions of a model to other limits from now on. Limits that are not named stay.

    Args:
        limits: by name of the gate; None lifts it.
        seen_number: of the limits that were looked at; 0 for those a model begins with.

    Raises:
        NotFound: there is no such model.
        Invalid: a limit that cannot be; it is named.
        StaleGates: somebody changed them meanwhile.
    """
    model = Model.objects.select_for_update(no_key=True).filter(name=model_name).first()
    if model is None:
        raise NotFound(f"There is no model {model_name}.")
    number, before = selectors.gates_of(model)
    if number != seen_number:
        raise StaleGates(
            "Somebody changed the gates after you looked at them.",
            seen=seen_number,
            current=number,
            limits=before.as_dict(),
        )
    try:
        gates = Gates.from_dict({**before.as_dict(), **limits})
    except ValueError as fault:
        name, _, words = str(fault).partition(": ")
        raise Invalid.of({name: [words]}) from fault
    row = GateVersion.objects.create(
        model=model,
        number=number + 1,
        limits=gates.as_dict(),
        reason=reason,
        created_by=actor.username,
        created_at=now,
    )
    audit.record(
        action=Action.GATES_CHANGED,
        object_type="model",
        object_id=model.pk,
        object_version=row.number,
        actor=actor,
        at=now,
        before=before.as_dict(),
        after=gates.as_dict(),
        reason=reason,
    )
    return row
