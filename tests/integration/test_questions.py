"""Queries that are put into SQL once: the same answers as those of Django."""

from uuid import uuid4

import pytest

from annotations.models import ReviewTask
from core.questions import Question, where
from inspection.models import InspectionImage
from tests.factories import make_inspected

TASKS = Question(
    lambda: where(
        ReviewTask.objects.select_related("image").defer("image__quality").order_by("-id"),
        "review_task.id = ANY(%s)",
        "keys",
    )
)
IMAGES = Question(lambda: where(InspectionImage.objects.filter(format="png"), "id = %s", "key"))


@pytest.mark.django_db
class TestAQuestion:
    def test_is_answered_anew_for_other_values(self):
        one, other = make_inspected().task, make_inspected().task

        assert [TASKS.all(keys=[one.pk]), TASKS.all(keys=[other.pk])] == [[one], [other]]

    def test_keeps_the_order_of_its_query(self):
        keys = [make_inspected().task.pk for _ in range(3)]

        assert [task.pk for task in TASKS.all(keys=keys)] == sorted(keys, reverse=True)

    def test_brings_what_belongs_to_each_row_by_one_query(self, django_assert_num_queries):
        made = make_inspected()
        with django_assert_num_queries(1):
            (task,) = TASKS.all(keys=[made.task.pk])

            assert task.image.sha256 == made.image.sha256

    def test_leaves_out_what_is_deferred(self):
        (task,) = TASKS.all(keys=[make_inspected().task.pk])

        assert task.image.get_deferred_fields() == {"quality"}

    def test_reads_values_as_their_fields_do(self):
        made = make_inspected()

        image = IMAGES.first(key=made.image.pk)

        assert (image.notes, image.quality) == ([], {})

    def test_whose_answer_is_empty_gives_none(self):
        assert IMAGES.first(key=uuid4()) is None
