"""What somebody wants in a data set: whether it can be, and what would come of it."""

from dataclasses import replace
from typing import Any

from accounts.models import Site
from annotations.choices import SETTLED
from annotations.datasets.preview import LotOffered, offered_lots, previewed
from annotations.selectors import DatasetSelection
from core.actors import Actor
from core.errors import Invalid
from domain.datasets.outlook import Outlook
from inspection import selectors as inspection

DEFAULT_SHARES = (0.7, 0.15, 0.15)


def preview_dataset(
    *, site: Site, selection: DatasetSelection, seed: int, shares: tuple[float, ...], actor: Actor
) -> Outlook:
    """What a data set would hold if it were frozen now. Nothing is written.

    Raises:
        Invalid: as `freeze_dataset`.
        TooMuchToPreview: counting takes too long.
    """
    check_choice(selection, shares=shares, site=site, actor=actor)
    return previewed(selection, site=site, seed=seed, shares=shares)


def lots_to_choose(*, site: Site, selection: DatasetSelection, actor: Actor) -> tuple[list[LotOffered], bool]:
    """Lots that a choice could be narrowed to, the newest first, and whether there are more. Nothing is written.

    Raises:
        Invalid: as `freeze_dataset`; lots that the choice names already say nothing.
        TooMuchToPreview: counting takes too long.
    """
    check_choice(replace(selection, lots=()), shares=DEFAULT_SHARES, site=site, actor=actor)
    return offered_lots(selection, site=site)


def check_choice(chosen: DatasetSelection, *, shares: tuple[float, ...], site: Site, actor: Actor) -> None:
    """
    Raises:
        Invalid: naming each list with codes that the site does not have, or shares that do not make a whole.
    """
    known = {
        "recipes": inspection.recipes_visible_to(actor).filter(site=site),
        "layers": inspection.layers_visible_to(actor).filter(site=site),
        "tools": inspection.tools_visible_to(actor).filter(site=site),
        "lots": inspection.lots_visible_to(actor).filter(site=site),
        "classes": inspection.defect_classes(),
    }
    faults: dict[str, Any] = {}
    for name, rows in known.items():
        wanted = set(getattr(chosen, name))
        missing = wanted - set(rows.filter(code__in=wanted).values_list("code", flat=True)) if wanted else set()
        if missing:
            faults[name] = [f"There is no {', '.join(sorted(missing))} at {site.name}."]
    if chosen.min_confidence > chosen.max_confidence:
        faults["min_confidence"] = [f"At most {chosen.max_confidence}, the other end of the range."]
    if chosen.since and chosen.until and chosen.since >= chosen.until:
        faults["since"] = ["Before `until`."]
    if not chosen.states or set(chosen.states) - set(SETTLED):
        faults["states"] = [f"Some of {', '.join(SETTLED)}."]
    if faults:
        raise Invalid.of({"selection": faults})
    if len(shares) != 3 or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise Invalid.of({"shares": ["Three shares from 0 to 1 that make 1: of train, validation and test."]})
