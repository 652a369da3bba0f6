"""Rates of the model are of images that chance drew and of which all is settled, beside what reviewers saw."""

from datetime import timedelta

import pytest

from annotations import selectors
from annotations.models import Annotation, AuditedImage, ReviewTask
from core.ids import derived_uuid7, uuid7
from core.roles import Role
from tests.factories import AT, make_class, make_inspected, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(site):
    return make_user(Role.REVIEWER, site=site)


def settle(task, author, *, code, state="decided"):
    """What counts of a task: a class, or none."""
    verdict = "complete" if task.kind == "image" else "defect" if code else "nuisance"
    box = {"x_px": 1, "y_px": 2, "width_px": 3, "height_px": 4} if verdict == "defect" else {}
    Annotation.objects.create(
        id=uuid7(at=AT), task=task, number=1, author=author, verdict=verdict, change="confirmed", made_at=AT,
        defect_class=make_class(code) if code else None, **box,
    )  # fmt: skip
    ReviewTask.objects.filter(pk=task.pk).update(state=state, annotation_number=1, revision=2)


def beside(inspected, kind, *, code=None):
    """Another task on the same image."""
    return ReviewTask.objects.create(
        id=derived_uuid7(parent=inspected.run.pk, label=f"{kind} {code}"), site=inspected.site, kind=kind,
        run=inspected.run, image=inspected.image, wafer=inspected.wafer, x_px=0, y_px=0, width_px=64, height_px=64,
        defect_class=make_class(code) if code else None, severity="major" if code else "", made_at=AT,
    )  # fmt: skip


@pytest.fixture
def audited(site, author):
    """An image with a scratch that is one, and a pit that the model missed; drawn with a chance of a half."""
    made = make_inspected(site)
    AuditedImage.objects.create(id=uuid7(at=AT), site=site, run=made.run, image=made.image, inclusion=0.5, drawn_at=AT)
    settle(made.task, author, code="scratch")
    settle(beside(made, "missed", code="pit"), author, code="pit")
    settle(beside(made, "image"), author, code=None)
    return made


def quality(site, **chosen):
    selectors.forget_quality()
    asked = {"tool": None, "version": None, **chosen}
    return selectors.quality_of(site, days=30, now=AT + timedelta(minutes=1), **asked)


def by_class(report, figure):
    return {one["class_code"]: one[figure]["audit"]["value"] for one in report["classes"]}


class TestQuality:
    def test_is_of_what_chance_drew(self, site, audited):
        report = quality(site)

        assert (report["images"], report["reviewed"]) == ({"complete": 1, "waiting": 0}, 0)
        assert report["overall"]["missed"]["audit"]["value"] == 0.5
        assert by_class(report, "missed") == {"scratch": 0.0, "pit": 1.0}
        assert by_class(report, "false_calls") == {"scratch": 0.0, "pit": None}

    def test_has_beside_it_what_reviewers_saw(self, site, audited, author):
        settle(make_inspected(site).task, author, code=None)

        report = quality(site)

        assert report["reviewed"] == 1
        report["overall"]["false_calls"]
        assert (report["overall"]["false_calls"]["audit"]["value"], report["overall"]["false_calls"]["naive"]) == (
            0,
            0.5,
        )

    def test_waits_until_all_of_an_image_is_settled(self, site, audited):
        beside(audited, "missed", code="scratch")

        report = quality(site)

        assert report["images"] == {"complete": 0, "waiting": 1}
        assert report["overall"]["missed"]["audit"]["value"] is None

    def test_does_not_wait_for_what_was_taken_back(self, site, audited):
        task = beside(audited, "missed", code="scratch")
        ReviewTask.objects.filter(pk=task.pk).update(state="withdrawn")

        assert quality(site)["overall"]["missed"]["audit"]["value"] == 0.5

    def test_is_told_apart_by_tool(self, site, audited):
        assert [(one["tool"], one["missed"]["audit"]["value"]) for one in quality(site)["tools"]] == [("T1", 0.5)]
        assert quality(site, tool="T9")["overall"]["missed"]["answers"] == 0

    def test_takes_few_queries(self, site, audited, django_assert_max_num_queries):
        selectors.forget_quality()
        with django_assert_max_num_queries(3):
            selectors.quality_of(site, days=30, now=AT, tool=None, version=None)

    def test_without_an_audit_says_what_one_would_take(self, site):
        report = quality(site)

        assert report["images"] == {"complete": 0, "waiting": 0}
        assert [one["answers"] for one in report["needed"]] == sorted(one["answers"] for one in report["needed"])
