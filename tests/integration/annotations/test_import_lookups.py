"""Labels from elsewhere find their images by indexes, however many images there are."""

import pytest
from django.db import connection

from annotations.datasets import finding
from domain.datasets.labels import LabelledImage
from inspection.models import InspectionImage
from tests.factories import make_inspected

pytestmark = pytest.mark.django_db
MANY = 3000


@pytest.fixture
def many(site):
    """So many images as the planner needs to prefer an index."""
    own = ("id", "sha256", "file_name", "external_id")
    same = ", ".join(field.column for field in InspectionImage._meta.concrete_fields if field.column not in own)
    image = make_inspected(site).image
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO inspection_image (id, sha256, file_name, external_id, {same})
            SELECT gen_random_uuid(), encode(sha256(n::text::bytea), 'hex'), n || '.png', 'E' || n, {same}
            FROM inspection_image, generate_series(1, %s) n WHERE id = %s
            """,
            [MANY, image.pk],
        )
        cursor.execute("ANALYZE inspection_image")
    return site


def test_every_way_to_an_image_has_its_index(many):
    values = {"site": many.pk, "digests": ["0" * 64], "external": ["E7"], "stems": ["9"], "most": 2}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {finding._FIND}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    for index in ("image_by_digest", "image_external_id_once", "image_by_stem"):
        assert index in plan
    assert "Seq Scan on inspection_image" not in plan


def test_that_indexes_are_wanted_is_said_in_the_transaction_that_asks(site):
    outside = len(connection.savepoint_ids)
    within = []

    def note(execute, sql, *context):
        within.append((len(connection.savepoint_ids) - outside, sql))
        return execute(sql, *context)

    with connection.execute_wrapper(note):
        finding.rows_of([LabelledImage("a.png", ())], site=site)

    assert (1, finding._BY_INDEX) in within
    assert (1, finding._FIND) in within
