"""Labels from elsewhere find their images by indexes, however many images there are."""

import pytest
from django.db import connection

from annotations.datasets import matching

pytestmark = pytest.mark.django_db


def test_every_way_to_an_image_has_its_index(site):
    values = {"site": site.pk, "digests": ["0" * 64], "external": ["X1"], "stems": ["a"]}
    with connection.cursor() as cursor:
        # With so few rows the planner would rather read them all.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {matching._FIND}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    for index in ("image_by_digest", "image_external_id_once", "image_by_stem"):
        assert index in plan
    assert "Seq Scan on inspection_image" not in plan
