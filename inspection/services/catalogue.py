"""Products, tools, layers, lots and defect classes: made once, by name."""

from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction

from accounts.models import Site
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from inspection.models import DefectClass, Layer, Lot, Product, Tool
from inspection.services.labels import checked_label

Row = TypeVar("Row", bound=models.Model)

# Told apart by colour-blind eyes and under a film that swallows blue; none is taken for the red or amber of a state.
DEFECT_CLASSES = (
    ("scratch", "Scratch", "#aadc28", "major"),
    ("particle", "Particle", "#56b4e9", "minor"),
    ("pit", "Pit", "#009e73", "major"),
    ("stain", "Stain", "#8c28ff", "minor"),
    ("crack", "Crack", "#f03cb4", "critical"),
    ("edge_chip", "Edge chip", "#cc79a7", "major"),
    ("bridge", "Bridge", "#6666ff", "critical"),
    ("open", "Open", "#b2ffc2", "critical"),
)


@transaction.atomic
def ensure_defect_classes(*, actor: Actor, now: datetime) -> list[DefectClass]:
    """The eight classes every model of the first generation knows, with their keys 1 to 8."""
    rows = []
    for key, (code, name, colour, severity) in enumerate(DEFECT_CLASSES, start=1):
        row, is_new = DefectClass.objects.get_or_create(
            code=code, defaults={"name": name, "colour": colour, "severity": severity, "key": str(key)}
        )
        if is_new:
            audit.record(
                action=Action.DEFECT_CLASS_CREATED,
                object_type="defect_class",
                object_id=code,
                actor=actor,
                at=now,
                after={"name": name, "severity": severity},
            )
        rows.append(row)
    return rows


def create_product(*, site: Site, code: str, actor: Actor, now: datetime, **geometry: Any) -> tuple[Product, bool]:
    """The product of that code, and whether it was made now."""
    return named_row(
        Product, site=site, code=code, action=Action.PRODUCT_CREATED, actor=actor, now=now, values=geometry
    )


def create_tool(*, site: Site, code: str, actor: Actor, now: datetime, **values: Any) -> tuple[Tool, bool]:
    """The tool of that code, and whether it was made now."""
    return named_row(Tool, site=site, code=code, action=Action.TOOL_CREATED, actor=actor, now=now, values=values)


def create_layer(*, site: Site, code: str, actor: Actor, now: datetime, **values: Any) -> tuple[Layer, bool]:
    """The layer of that code, and whether it was made now."""
    return named_row(Layer, site=site, code=code, action=Action.LAYER_CREATED, actor=actor, now=now, values=values)


def ensure_lot(*, site: Site, code: str, product: Product, actor: Actor, now: datetime) -> Lot:
    """The lot of that code, made if it is new. A lot keeps the product it was made with."""
    lot, _ = named_row(
        Lot,
        site=site,
        code=code,
        action=Action.LOT_CREATED,
        actor=actor,
        now=now,
        values={"product": product, "created_at": now},
    )
    return lot


def named_row(
    model: type[Row], *, site: Site, code: str, action: Action, actor: Actor, now: datetime, values: dict[str, Any]
) -> tuple[Row, bool]:
    """The row of that code at the site, made and recorded if it is new. Two at once end with one row.

    Returns:
        The row, and whether it was made by this call.
    """
    known = model._default_manager.filter(site=site, code=code).first()
    if known is not None:
        return known, False
    kind = model._meta.model_name or ""
    label = checked_label(code, field=kind)
    row = model(site=site, code=label, **values)
    row.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            shown = {name: value for name, value in values.items() if isinstance(value, int | float | str)}
            audit.record(
                action=action, object_type=kind, object_id=row.pk, actor=actor, at=now, after={"code": label, **shown}
            )
    except IntegrityError:
        return model._default_manager.get(site=site, code=label), False
    return row, True
