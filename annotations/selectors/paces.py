"""How long reviewers of a site look, by what they look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from django.db import connection

from core.briefly import Briefly
from domain.review.budget import paces

DETECTION_S, IMAGE_S = 3.0, 20.0
"""Assumed until enough looks were measured."""
LEAST_MEASURED = 5
_SHORTEST_S = 0.2
_IMAGE = 0
_MOST = 500
_read: Briefly["Paces"] = Briefly(ttl_s=60.0)

# Of the last words of all sites: where a site is silent, this does not look for its words back to the beginning.
_TOOK = """
SELECT coalesce(task.defect_class_id, 0), said.took_ms
FROM (SELECT * FROM annotation ORDER BY id DESC LIMIT 2000) said JOIN review_task task ON task.id = said.task_id
WHERE task.site_id = %s AND said.took_ms IS NOT NULL AND said.layer = 'opinion' AND said.verdict <> 'withdrawn'
    AND task.kind IN ('detection', 'gold', 'repeat', 'image')
ORDER BY said.id DESC LIMIT %s
"""


@dataclass(frozen=True)
class Paces:
    """Seconds that a look takes.

    Attributes:
        by_class: by key of the class that the model named, where enough looks were measured.
        detection_s: of any other class.
        image_s: of a whole image.
    """

    by_class: Mapping[int, float] = field(default_factory=dict)
    detection_s: float = DETECTION_S
    image_s: float = IMAGE_S

    def seconds_of(self, class_id: int | None) -> float:
        return self.image_s if class_id is None else self.by_class.get(class_id, self.detection_s)


def paces_of(site_id: int) -> Paces:
    """From the last 500 decisions of a site, remembered for a minute. One query."""
    return _read.get(site_id, lambda: _measured(site_id))


def forget_paces() -> None:
    """Read afresh; for tests."""
    _read.clear()


def _measured(site_id: int) -> Paces:
    with connection.cursor() as cursor:
        cursor.execute(_TOOK, [site_id, _MOST])
        rows = np.array(cursor.fetchall(), np.int64).reshape(-1, 2)
    groups, seconds = rows[:, 0], np.maximum(rows[:, 1] / 1000.0, _SHORTEST_S)
    of_class = groups != _IMAGE
    own = paces(groups, seconds, least=LEAST_MEASURED)
    together = paces(np.ones(of_class.sum(), np.int64), seconds[of_class], least=LEAST_MEASURED)
    return Paces(
        by_class={group: value for group, value in own.items() if group != _IMAGE},
        detection_s=together.get(1, DETECTION_S),
        image_s=own.get(_IMAGE, IMAGE_S),
    )
