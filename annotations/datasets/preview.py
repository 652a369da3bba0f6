"""What a selection would hold, read as it stands now and counted as a snapshot would be."""

from collections import Counter

from django.db import OperationalError, connection, transaction

from accounts.models import Site
from annotations.datasets.collecting import BELONGING, CHOSEN, PLAN, WORDS, values_of
from annotations.errors import TooMuchToPreview
from annotations.selectors import DatasetSelection
from domain.datasets.outlook import Outlook, Prospect, outlook_of
from domain.datasets.split import Candidate
from inspection import selectors as inspection

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


def previewed(selection: DatasetSelection, *, site: Site, seed: int, shares: tuple[float, ...]) -> Outlook:
    """
    Raises:
        TooMuchToPreview: the database has not answered within some seconds.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PLAN, [_TIMEOUT, "off"])
            cursor.execute(_PREVIEW, values_of(selection, site_id=site.pk))
            rows = cursor.fetchall()
            cursor.execute(PLAN, [_TIMEOUT, "on"])
    except OperationalError as fault:
        if "statement timeout" not in str(fault):
            raise
        raise TooMuchToPreview(
            "Counting this takes too long to wait for. Choose less, or freeze it: workers count while they build it."
        ) from fault
    prospects = [
        Prospect(Candidate(image, lot, pixels, words), is_complete, Counter(codes))
        for image, lot, pixels, words, is_complete, codes in rows
    ]
    known = inspection.defect_classes().order_by("code").values_list("code", flat=True)
    return outlook_of(prospects, shares=shares, seed=seed, classes=list(selection.classes or known))
