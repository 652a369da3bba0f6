"""What people draw beside boxes is checked, kept as it was drawn, and compared by its pixels."""

import io
from dataclasses import replace

import pytest

from annotations import selectors, services
from annotations.choices import Verdict
from annotations.models import Annotation
from annotations.services import Word
from audit.models import AuditEvent
from core import image_store
from core.errors import Invalid
from core.ids import uuid7
from domain.datasets.formats import Format
from domain.datasets.manifest import images_of
from domain.shapes.said import read, write
from tests.data_sets import written
from tests.factories import AT

pytestmark = pytest.mark.django_db

TRIANGLE = {"kind": "polygon", "points_px": [[0.0, 0.0], [20.0, 0.0], [20.0, 20.0]]}
OTHER_HALF = {"kind": "polygon", "points_px": [[0.0, 0.0], [20.0, 20.0], [0.0, 20.0]]}
MASK = {"kind": "mask", "bbox_px": [4, 5, 2, 3], "counts": [1, 4, 1]}


@pytest.fixture
def task(inspected, queue_of, ann, ask):
    (task,) = ask(queue_of(), ann)
    return task


def decide(task, actor, *, seen=1, **word):
    word = {name: read(value) if name == "shape" else value for name, value in word.items()}
    word = Word(verdict=Verdict.DEFECT, **word)
    return services.decide(task_id=task.pk, word=word, seen_revision=seen, actor=actor, now=AT)


def card_of(task, actor):
    return selectors.cards_of([task.pk], actor=actor)[0]


class TestAShape:
    @pytest.mark.parametrize(
        ("shape", "box"),
        [
            (TRIANGLE, [0, 0, 20, 20]),
            (MASK, [4, 5, 2, 3]),
            (
                {"kind": "rotated", "center_px": [20.0, 20.0], "size_px": [10.0, 4.0], "angle_deg": 90.0},
                [18, 15, 4, 10],
            ),
            ({"kind": "point", "at_px": [7.5, 8.25]}, [7, 8, 1, 1]),
        ],
        ids=lambda value: value["kind"] if isinstance(value, dict) else "",
    )
    def test_is_kept_as_it_was_drawn_with_the_box_around_it(self, task, ann, shape, box):
        decide(task, ann, shape=shape)

        said = card_of(task, ann)["annotation"]
        assert (said["shape"], said["change"]) == (shape, "redrawn")
        assert said["bbox_px"] == pytest.approx(box)
        assert AuditEvent.objects.get(action="review_task.decide").after["shape"] == shape["kind"]

    def test_of_the_whole_image_has_the_box_of_it(self, task, ann, inspected):
        decide(task, ann, shape={"kind": "tag"})

        assert card_of(task, ann)["annotation"]["bbox_px"] == [
            0,
            0,
            inspected.image.width_px,
            inspected.image.height_px,
        ]

    def test_that_is_a_box_is_stored_as_one(self, task, ann):
        decide(task, ann, shape={"kind": "box", "bbox_px": [1, 2, 3, 4]})

        said = card_of(task, ann)["annotation"]
        assert (said["shape"], said["change"]) == (None, "confirmed")

    @pytest.mark.parametrize(
        ("word", "field"),
        [
            ({"shape": {"kind": "point", "at_px": [1e5, 3]}}, "shape"),
            ({"shape": TRIANGLE, "bbox_px": (1.0, 2.0, 3.0, 4.0)}, "bbox_px"),
        ],
        ids=["outside", "beside a box"],
    )
    def test_that_cannot_be_is_refused(self, task, ann, word, field):
        with pytest.raises(Invalid) as refusal:
            decide(task, ann, **word)

        assert list(refusal.value.extra["fields"]) == [field]

    def test_that_was_added_stays_when_it_is_decided_again_without_a_word_of_it(self, task, ann, bob):
        word = Word(verdict=Verdict.DEFECT, class_code="scratch", shape=read(MASK))
        added = services.add_missed(beside=task.pk, new_task=uuid7(at=AT), word=word, actor=ann, now=AT)

        decide(added, ann, seen=2)

        card = card_of(added, ann)
        assert (card["shape"], card["annotation"]["shape"], card["bbox_px"]) == (MASK, MASK, [4, 5, 2, 3])

    def test_that_is_not_decided_yet_is_kept_for_whoever_drew_it(self, task, ann):
        edit = {"seq": 1, "kind": "draft", "task": task.pk, "shape": read(MASK)}

        done = services.take_edit(client=uuid7(at=AT), edit=edit, content={"seq": 1}, actor=ann, now=AT)

        assert done["state"] == "done"
        assert card_of(task, ann)["draft"] == {"shape": MASK}


class TestADataSet:
    def test_has_what_was_drawn_and_takes_it_back_from_a_file_of_it(self, task, ann, site, inspected):
        decide(task, ann, shape=MASK)
        selection = selectors.DatasetSelection(states=("decided",))
        snapshot, _ = services.freeze_dataset(site=site, code="D1", selection=selection, actor=ann, now=AT)
        services.build_datasets(budget_s=30)
        snapshot.refresh_from_db()
        (image,) = images_of(image_store.get(snapshot.manifest_key).splitlines(keepends=True))

        assert write(image.objects[0].shape) == MASK
        assert snapshot.statistics["shapes"] == {"mask": 1}
        export = services.export_dataset(
            dataset_id=snapshot.pk, format=Format.VOC, with_images=False, actor=ann, now=AT
        )
        assert [loss["kind"] for loss in selectors.export_of(export)["losses"]] == ["mask"]

        moved = {"kind": "polygon", "points_px": [[30.0, 30.0], [40.0, 30.0], [30.0, 40.0]]}
        other = replace(image.objects[0], shape=read(moved), bbox_px=(30.0, 30.0, 10.0, 10.0))
        file = io.BytesIO(written([replace(image, objects=(*image.objects, other))], Format.COCO))
        report = services.import_labels(
            file=file, format=Format.COCO, site=site, is_dry_run=False, skips_faults=False, actor=ann, now=AT
        )

        assert (report.faults, report.known, report.written) == ((), 1, 1)
        assert Annotation.objects.get(change="imported").shape == moved


class TestTwoPeople:
    @pytest.fixture
    def both(self, inspected, queue_of, ann, bob, ask):
        queue = queue_of(overlap_share=1.0)
        (task,) = ask(queue, ann)
        ask(queue, bob)

        def say(one, other):
            decide(task, ann, shape=one)
            decide(task, bob, shape=other)
            task.refresh_from_db()
            return task.state

        return say

    def test_who_draw_the_same_agree(self, both):
        assert both(TRIANGLE, {"kind": "polygon", "points_px": [[1.0, 0.0], [20.0, 0.0], [20.0, 19.0]]}) == "decided"

    def test_whose_shapes_lie_apart_in_one_box_differ(self, both):
        assert both(TRIANGLE, OTHER_HALF) == "disputed"
