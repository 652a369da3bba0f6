"""Golden sets: registered once from a frozen data set, and put away when they measure nothing any more."""

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import Site
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.errors import Invalid
from core.ids import uuid7
from domain.datasets.records import Split
from models_admin import selectors
from models_admin.errors import GoldenSetOver, GoldenSetTaken
from models_admin.models import GoldenSet, Model
from models_admin.validation.golden_images import MOST_IMAGES, OTHER_SPLIT, GoldenImages, NoManifest, read_golden_images


def register_golden_set(
    *, site: Site, model_name: str, name: str, sha256: str, splits: Collection[Split], actor: Actor, now: datetime
) -> tuple[GoldenSet, bool]:
    """Measure versions of a model by part of a frozen data set from now on. The same again gives the one there is.

    Args:
        sha256: digest of the data set's manifest.

    Returns:
        The golden set, and whether it is new.

    Raises:
        NotFound: there is no such model.
        Invalid: no data set of the site has this digest, or nothing in it can be counted.
        GoldenSetTaken: another golden set of this model has the name.
    """
    model = selectors.model_named(model_name)
    images = _usable(sha256, splits=splits, site=site)
    row = GoldenSet(
        id=uuid7(at=now),
        site=site,
        model=model,
        name=name,
        sha256=sha256,
        splits=sorted(split.value for split in splits),
        images=len(images.images),
        defects=sum(images.defects_by_class.values()),
        classes=images.defects_by_class,
        left_out={reason: count for reason, count in images.left_out.items() if reason != OTHER_SPLIT},
        registered_by=actor.username,
        registered_at=now,
    )
    row.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            after = {"model": model.name, "name": name, "sha256": sha256, "splits": row.splits, "images": row.images}
            _record(Action.GOLDEN_SET_REGISTERED, row, actor=actor, now=now, after=after)
    except IntegrityError:
        return _same_or_refuse(row, model=model), False
    return row, True


@transaction.atomic
def retire_golden_set(*, golden_set: GoldenSet, reason: str, actor: Actor, now: datetime) -> GoldenSet:
    """Measure nothing by it any more. What was measured stays.

    Raises:
        GoldenSetOver: it is retired already.
    """
    row = GoldenSet.objects.select_for_update(no_key=True, of=("self",)).select_related("site", "model").get(
        pk=golden_set.pk
    )  # fmt: skip
    if row.retired_at is not None:
        raise GoldenSetOver("This golden set is retired already.")
    row.retired_at, row.retired_by, row.retired_because = now, actor.username, reason
    row.save(update_fields=["retired_at", "retired_by", "retired_because"])
    _record(Action.GOLDEN_SET_RETIRED, row, actor=actor, now=now, reason=reason)
    return row


def _usable(sha256: str, *, splits: Collection[Split], site: Site) -> GoldenImages:
    try:
        images = read_golden_images(sha256, splits=splits)
    except NoManifest as fault:
        raise Invalid.of({"sha256": [str(fault)]}) from fault
    if images.site != site.code:
        # Whoever knows the digest of another site's data set learns nothing by it.
        raise Invalid.of({"sha256": ["No data set has this digest."]})
    if not images.images:
        raise Invalid.of({"splits": [f"Nothing in this part can be counted: {_words(images.left_out)}."]})
    if len(images.images) > MOST_IMAGES:
        raise Invalid.of(
            {"splits": [f"At most {MOST_IMAGES} images measure a version; these are {len(images.images)}."]}
        )
    return images


def _words(left_out: dict[str, int]) -> str:
    said = {
        "incomplete": "{} images with findings that nobody settled",
        "no_box": "{} images with defects marked without a box",
        "other_split": "{} images are in other parts",
    }
    return (
        ", ".join(words.format(left_out[reason]) for reason, words in said.items() if left_out.get(reason)) or "empty"
    )


def _same_or_refuse(wanted: GoldenSet, *, model: Model) -> GoldenSet:
    known = GoldenSet.objects.select_related("site", "model").get(site=wanted.site, model=model, name=wanted.name)
    if (known.sha256, known.splits) != (wanted.sha256, wanted.splits):
        raise GoldenSetTaken("Another golden set of this model has this name. Take another.", current=str(known.pk))
    return known


def _record(
    action: Action,
    row: GoldenSet,
    *,
    actor: Actor,
    now: datetime,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    audit.record(
        action=action,
        object_type="golden_set",
        object_id=row.pk,
        actor=actor,
        at=now,
        after=after,
        reason=reason or None,
    )
