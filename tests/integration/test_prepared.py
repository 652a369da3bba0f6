"""Statements that the server plans once a connection."""

import pytest
from django.db import connection

from core.prepared import prepared
from inspection.models import InspectionImage
from outbox.services import Event, announce_all
from tests.factories import AT, make_inspected
from tests.integration.test_questions import TASKS


def kept(text: str) -> list[tuple[int, int]]:
    """Of statements kept whose text holds this: how often each was carried out by the plan for all values, and not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE %s", [text])
        return list(cursor.fetchall())


@pytest.mark.django_db
class TestAPreparedStatement:
    def test_is_planned_once_for_all_values(self):
        for value in (1, 2, 3):
            with prepared() as cursor:
                cursor.execute("SELECT id FROM site WHERE id = %s AND code <> 'of a test'", [value])

        assert kept("%code <> 'of a test'%") == [(3, 0)]

    def test_is_what_a_question_is(self):
        for _ in range(2):
            TASKS.all(keys=[make_inspected().task.pk])

        assert kept('%"review_task"."id"%ANY($1)%ORDER BY%') == [(2, 0)]

    def test_is_none_of_what_django_puts_together(self):
        for _ in range(8):
            InspectionImage.objects.filter(file_name="of a test").first()

        assert kept("%of a test%") == []

    def test_is_none_of_announcements_of_as_many_as_there_happen_to_be(self):
        """Each number of them is another text, and would put one that comes again out of its place."""
        announce_all([Event("of.test", ["site:1"], {})] * 3, now=AT)

        assert kept("INSERT INTO outbox_event%), ($%") == []

    def test_shows_in_what_tests_count(self, django_assert_num_queries):
        with django_assert_num_queries(1), prepared() as cursor:
            cursor.execute("SELECT 1")
