"""What a selection would hold, read as it stands now and counted as a snapshot would be."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction

from accounts.models import Site
from annotations.datasets.collecting import BELONGING, CHOSEN, PLAN, WORDS, values_of
from annotations.errors import TooMuchToPreview
from annotations.selectors import DatasetSelection
from domain.datasets.outlook import Outlook, Prospect, outlook_of
from domain.datasets.split import Candidate
from inspection import selectors as inspection

MOST_LOTS = 500
"""So many of the newest lots are offered; what is older is chosen by the time it was received."""
_TIMEOUT = "8s"
_PREVIEW = f"""
WITH {CHOSEN}, word AS MATERIALIZED ({WORDS}), {BELONGING}, said AS (
    SELECT word.image_id, array_agg(class.code) AS codes
    FROM word
    JOIN annotation said ON said.task_id = word.task_id AND said.number = word.annotation_number
    JOIN defect_class class ON class.id = said.defect_class_id
    WHERE said.verdict = 'defect'
    GROUP BY word.image_id
)
SELECT belonging.image_id::text, lot.code, image.pixel_sha256, belonging.words, belonging.is_complete,
       coalesce(said.codes, '{{}}')
FROM belonging
JOIN inspection_image image ON image.id = belonging.image_id
JOIN lot ON lot.id = belonging.lot_id
LEFT JOIN said ON said.image_id = belonging.image_id
"""  # noqa: S608 - constants of our own
_LOTS = f"""
WITH {CHOSEN}
SELECT lot.code, product.code, count(*), max(image.received_at)
FROM chosen
JOIN inspection_image image ON image.id = chosen.image_id
JOIN wafer ON wafer.id = image.wafer_id
JOIN lot ON lot.id = wafer.lot_id
JOIN product ON product.id = lot.product_id
GROUP BY lot.id, product.code ORDER BY max(image.received_at) DESC, lot.id DESC LIMIT %(most_lots)s
"""  # noqa: S608


class LotOffered(NamedTuple):
    """A lot on whose images something is settled that a selection means.

    Attributes:
        images: how many of its images that are.
        received_at: when the newest of them was.
    """

    code: str
    product: str
    images: int
    received_at: datetime


def previewed(selection: DatasetSelection, *, site: Site, seed: int, shares: tuple[float, ...]) -> Outlook:
    """
    Raises:
        TooMuchToPreview: the database has not answered within some seconds.
    """
    rows = _read(_PREVIEW, values_of(selection, site_id=site.pk))
    prospects = [
        Prospect(Candidate(image, lot, pixels, words), is_complete, Counter(codes))
        for image, lot, pixels, words, is_complete, codes in rows
    ]
    known = inspection.defect_classes().order_by("code").values_list("code", flat=True)
    return outlook_of(prospects, shares=shares, seed=seed, classes=list(selection.classes or known))


def offered_lots(selection: DatasetSelection, *, site: Site) -> tuple[list[LotOffered], bool]:
    """Lots that a selection could be narrowed to, the newest first, and whether there are more than are offered.

    Which lots it names says nothing here.

    Raises:
        TooMuchToPreview: as `previewed`.
    """
    values = {**values_of(replace(selection, lots=()), site_id=site.pk), "most_lots": MOST_LOTS + 1}
    lots = [LotOffered(*row) for row in _read(_LOTS, values)]
    return lots[:MOST_LOTS], len(lots) > MOST_LOTS


def _read(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PLAN, [_TIMEOUT, "off"])
            cursor.execute(statement, values)
            rows = cursor.fetchall()
            cursor.execute(PLAN, [_TIMEOUT, "on"])
    except OperationalError as fault:
        if "statement timeout" not in str(fault):
            raise
        raise TooMuchToPreview(
            "Counting this takes too long to wait for. Choose less, or freeze it: workers count while they build it."
        ) from fault
    return rows
