"""A snapshot holds what was settled at one moment, lot by lot, and nobody changes it afterwards."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from annotations import services
from annotations.choices import BuildState
from annotations.errors import BuildFailed, CodeTaken, NotReady
from annotations.models import DatasetExport, DatasetImage, DatasetSnapshot, DatasetWord, ReviewTask
from annotations.selectors import DatasetSelection
from annotations.services import building
from annotations.services import dataset_building as freezing
from audit.models import AuditEvent
from core import image_store
from core.clock import now as clock_now
from core.errors import Invalid
from core.ids import derived_uuid7, uuid7
from domain.datasets.formats import Format
from domain.datasets.manifest import duplicates_of, header_of, images_of
from inspection.models import InspectionImage, RunImage
from tests.factories import AT, make_class, make_inspected, make_review, make_site
from tests.guards import unguarded

pytestmark = pytest.mark.django_db
ACCEPTED = DatasetSelection()
DECIDED = DatasetSelection(states=("decided",))


@pytest.fixture
def settle():
    """What somebody said of a task, and the state it came to."""
    from annotations.models import Annotation

    def say(task, actor, *, verdict="defect", code="scratch", box=None, state="accepted", number=1, after_s=0):
        left, top, width, height = box or (task.x_px, task.y_px, task.width_px, task.height_px)
        is_defect = verdict == "defect"
        Annotation.objects.create(
            id=uuid7(at=AT + timedelta(seconds=after_s)), task=task, number=number,
            author_id=actor.user_id, verdict=verdict, change="confirmed",
            defect_class=make_class(code) if is_defect else None,
            x_px=left if is_defect else None, y_px=top if is_defect else None,
            width_px=width if is_defect else None, height_px=height if is_defect else None,
            made_at=AT + timedelta(seconds=after_s),
        )  # fmt: skip
        ReviewTask.objects.filter(pk=task.pk).update(state=state, annotation_number=number, revision=number + 1)
        return task

    return say


@pytest.fixture
def wafers(site, ann, settle):
    """So many lots of one inspected image each, with an accepted scratch."""

    def make(count):
        made = [make_inspected(site) for _ in range(count)]
        for one in made:
            settle(one.task, ann)
        return made

    return make


@pytest.fixture
def freeze(site, ann):
    def freeze(code="D1", **values):
        snapshot, _ = services.freeze_dataset(
            site=site, code=code, **{"selection": ACCEPTED, **values}, actor=ann, now=AT
        )
        services.build_datasets(budget_s=30)
        snapshot.refresh_from_db()
        return snapshot

    return freeze


def images(snapshot):
    return list(images_of(image_store.get(snapshot.manifest_key).splitlines(keepends=True)))


class TestParts:
    def test_of_what_is_not_built_any_more_go_after_a_while(self, site, ann, freeze, wafers):
        wafers(1)
        ready = freeze("A")
        waiting, _ = services.freeze_dataset(site=site, code="B", actor=ann, now=AT)
        keys = [f"dataset-part/{row.pk}/000000.jsonl" for row in (ready, waiting)]
        for key in keys:
            image_store.put_at(key, b"part")

        early = services.forget_parts(now=clock_now())
        late = services.forget_parts(now=clock_now() + timedelta(hours=2))

        # Other tests may have left some as well.
        assert early == 0 and late >= 1
        assert [image_store.exists(key) for key in keys] == [False, True]


class TestASnapshot:
    def test_holds_what_people_settled(self, freeze, wafers, ann):
        (one,) = wafers(1)

        snapshot = freeze()

        assert snapshot.state == BuildState.READY
        (image,) = images(snapshot)
        (said,) = image.objects
        assert (image.image, image.lot, image.tool, image.is_complete) == (str(one.image.pk), one.lot.code, "T1", True)
        assert (said.class_code, said.bbox_px, said.task, said.annotation, said.author, said.stage) == (
            "scratch", (1.0, 2.0, 3.0, 4.0), str(one.task.pk), 1, "ann", "accepted",
        )  # fmt: skip
        assert image_store.key_for(snapshot.manifest_sha256, kind="dataset", suffix=".jsonl") == snapshot.manifest_key

    def test_begins_with_what_all_images_have_in_common(self, freeze, wafers):
        wafers(1)
        make_class("pit")

        header = header_of(image_store.get(freeze(seed=5).manifest_key).splitlines()[0])

        assert (header.site, header.classes, header.seed, header.shares) == (
            "fab", ("pit", "scratch"), 5, (0.7, 0.15, 0.15),
        )  # fmt: skip

    def test_gives_whole_lots_to_all_splits_and_the_same_bytes_again(self, freeze, wafers):
        wafers(9)

        first, again, other = freeze("A"), freeze("B"), freeze("C", seed=1)

        assert first.manifest_sha256 == again.manifest_sha256 != other.manifest_sha256
        assert {image.split.value for image in images(first)} == {"train", "validation", "test"}
        assert first.statistics["images"]["train"] in (6, 7)

    def test_is_what_was_foretold(self, freeze, wafers, site, ann):
        wafers(9)
        shares = (0.6, 0.2, 0.2)

        ahead = services.preview_dataset(site=site, selection=ACCEPTED, seed=3, shares=shares, actor=ann).as_dict()
        counts = freeze(seed=3, shares=shares).statistics

        assert {name: ahead[name] for name in ("images", "objects", "complete", "classes", "duplicates")} == {
            name: counts[name] for name in ("images", "objects", "complete", "classes", "duplicates")
        }
        assert ahead["lots"] == {split: len(lots) for split, lots in counts["lots"].items()}

    def test_takes_the_annotation_that_counted_when_it_was_begun(self, freeze, wafers, ann, settle):
        (one,) = wafers(1)
        first = freeze("A")

        settle(one.task, ann, code="pit", number=2)
        second = freeze("B")

        assert [images(row)[0].objects[0].class_code for row in (first, second)] == ["scratch", "pit"]

    def test_lists_nuisances_apart(self, freeze, inspected, ann, settle):
        settle(make_review(inspected.detection)[1], ann, verdict="nuisance")

        (image,) = images(freeze())

        assert (image.objects, image.nuisances) == ((), ((1.0, 2.0, 3.0, 4.0),))

    def test_says_where_a_detection_waits_for_its_word(self, freeze, wafers, find, inspected, ann, settle):
        settle(make_review(inspected.detection)[1], ann)
        (other,) = find(1)
        make_review(other)

        (image,) = images(freeze())

        assert (len(image.objects), image.is_complete) == (1, False)

    def test_of_one_class_has_all_that_is_settled_on_its_images(self, freeze, find, inspected, ann, settle):
        settle(make_review(inspected.detection)[1], ann)
        (other,) = find(1, x_px=30)
        settle(make_review(other)[1], ann, code="pit")

        (image,) = images(freeze(selection=DatasetSelection(classes=("pit",))))

        assert {one.class_code for one in image.objects} == {"scratch", "pit"}

    def test_of_an_image_that_was_judged_again_has_what_was_said_last(self, freeze, inspected, ann, settle, find):
        settle(make_review(inspected.detection)[1], ann)
        later = type(inspected.run).objects.get()
        later.pk = derived_uuid7(parent=inspected.run.pk, label="\x7flater")
        later._state.adding = True
        later.save(force_insert=True)
        RunImage.objects.create(run=later, image=inspected.image, ordinal=0)
        (again,) = find(1, run=later, x_px=1, y_px=2, width_px=3, height_px=4)
        task = make_review(again)[1]
        settle(task, ann, code="pit", after_s=60)

        said = [one.class_code for one in images(freeze())[0].objects]

        assert said == ["pit"]

    def test_leaves_out_a_picture_that_is_there_twice(self, freeze, wafers):
        one, other = wafers(2)
        with unguarded("inspection_image"):
            InspectionImage.objects.update(pixel_sha256="a" * 64)

        snapshot = freeze()

        lines = image_store.get(snapshot.manifest_key).splitlines(keepends=True)
        assert len(images(snapshot)) == 1
        (left_out,) = duplicates_of(lines)
        assert {left_out.image, left_out.of} == {str(one.image.pk), str(other.image.pk)}
        assert snapshot.statistics["duplicates"] == 1

    @pytest.mark.parametrize(
        ("selection", "count"),
        [
            ({}, 1),
            ({"layers": ("M1",)}, 1),
            ({"min_confidence": 0.95}, 0),
            ({"max_confidence": 0.95}, 1),
            ({"bands": ("review",)}, 0),
            ({"classes": ("pit",)}, 0),
            ({"states": ("decided",)}, 0),
            ({"states": ("accepted", "decided")}, 1),
            ({"since": "2026-11-21T12:00:00+00:00"}, 1),
            ({"since": "2026-11-21T12:00:01+00:00"}, 0),
            ({"until": "2026-11-21T12:00:00+00:00"}, 0),
        ],
        ids=str,
    )
    def test_takes_what_its_selection_says(self, freeze, wafers, selection, count):
        wafers(1)
        make_class("pit")

        snapshot = freeze(selection=DatasetSelection(**selection))

        assert (snapshot.state, snapshot.total) == (("ready", 1) if count else ("failed", 0))

    def test_has_nothing_of_another_site(self, freeze, wafers, ann, settle):
        wafers(1)
        settle(make_inspected(make_site("elsewhere")).task, ann)

        assert freeze().total == 1

    def test_is_in_the_trail_and_keeps_nothing_it_was_made_from(self, freeze, wafers):
        wafers(1)

        snapshot = freeze()

        said = AuditEvent.objects.filter(object_id=str(snapshot.pk)).order_by("id").values_list("action", flat=True)
        assert sorted(said) == ["dataset.build", "dataset.freeze"]
        assert not DatasetImage.objects.exists()
        assert not DatasetWord.objects.exists()


class TestFreezing:
    def test_the_same_again_gives_the_same(self, site, ann, wafers, freeze):
        wafers(1)
        first = freeze()

        again, is_new = services.freeze_dataset(site=site, code="D1", selection=ACCEPTED, actor=ann, now=AT)

        assert (again.pk, is_new) == (first.pk, False)

    def test_another_under_the_same_code_is_refused(self, site, ann, wafers, freeze):
        wafers(1)
        freeze()

        with pytest.raises(CodeTaken):
            services.freeze_dataset(site=site, code="D1", selection=DECIDED, actor=ann, now=AT)

    @pytest.mark.parametrize(
        ("values", "says"),
        [
            ({"selection": DatasetSelection(layers=("M9",))}, "There is no M9"),
            ({"selection": DatasetSelection(lots=("L9",))}, "There is no L9"),
            ({"selection": DatasetSelection(states=("open",))}, "decided, validated, accepted"),
            ({"selection": DatasetSelection(min_confidence=0.9, max_confidence=0.1)}, "At most 0.1"),
            ({"shares": (0.5, 0.5, 0.5)}, "that make 1"),
        ],
        ids=str,
    )
    def test_what_cannot_be_is_refused(self, site, ann, values, says):
        with pytest.raises(Invalid, match=says):
            services.freeze_dataset(site=site, code="D1", **values, actor=ann, now=AT)

    def test_of_nothing_fails_with_its_reason_and_can_be_tried_again(self, site, ann, wafers, freeze):
        failed = freeze()
        assert (failed.state, failed.error_code) == ("failed", "cannot_build")
        with pytest.raises(BuildFailed, match="settled yet"):
            services.ready_dataset(dataset_id=failed.pk, actor=ann)

        wafers(1)
        assert freeze().state == BuildState.READY


class TestBuilding:
    @pytest.fixture
    def begun(self, site, ann, wafers):
        wafers(5)
        return services.freeze_dataset(site=site, code="D1", selection=ACCEPTED, actor=ann, now=AT)[0]

    def test_goes_on_where_another_worker_was_lost_after_any_step(self, begun, monkeypatch, freeze):
        monkeypatch.setattr(freezing, "IMAGES_PER_PART", 2)
        steps = 0
        while DatasetSnapshot.objects.get(pk=begun.pk).state == BuildState.BUILDING:
            claimed = building._claim(DatasetSnapshot)
            freezing._step(claimed)
            DatasetSnapshot.objects.filter(state="building").update(lease_until=AT - timedelta(days=3650))
            steps += 1

        assert steps == 6
        assert DatasetSnapshot.objects.get(pk=begun.pk).manifest_sha256 == freeze("D2").manifest_sha256

    def test_is_one_workers_at_a_time(self, begun):
        first = building._claim(DatasetSnapshot)

        assert building._claim(DatasetSnapshot) is None
        assert first.attempt == 1

    def test_drops_what_a_worker_writes_whose_lease_ran_out(self, begun):
        late = building._claim(DatasetSnapshot)
        DatasetSnapshot.objects.filter(state="building").update(lease_until=AT - timedelta(days=3650))
        building._claim(DatasetSnapshot)

        with pytest.raises(building.LostBuild):
            freezing._step(late)

    def test_is_ones_own_only_until_another_takes_over(self, begun):
        first = building._claim(DatasetSnapshot)
        before = building._is_ours(first)
        DatasetSnapshot.objects.filter(state="building").update(lease_until=AT - timedelta(days=3650))
        second = building._claim(DatasetSnapshot)

        assert (before, building._is_ours(first), building._is_ours(second)) == (True, False, True)

    def test_prolongs_its_lease_with_every_step(self, begun):
        claimed = building._claim(DatasetSnapshot)
        DatasetSnapshot.objects.filter(pk=begun.pk).update(lease_until=AT - timedelta(days=3650))

        freezing._step(claimed)

        begun.refresh_from_db()
        assert begun.lease_until > AT

    def test_is_given_up_when_it_breaks_three_times(self, begun, monkeypatch):
        monkeypatch.setattr(freezing, "_split", lambda snapshot: 1 / 0)

        services.build_datasets(budget_s=30)

        begun.refresh_from_db()
        assert (begun.state, begun.failures) == ("failed", 3)
        assert "ZeroDivisionError" in begun.error_detail

    def test_waits_while_the_store_is_away(self, begun, monkeypatch):
        def away(*_, **__):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(image_store, "put_at", away)

        services.build_datasets(budget_s=30)

        begun.refresh_from_db()
        assert (begun.state, begun.failures) == ("building", 0)

    def test_is_said_to_whoever_asks_too_early(self, begun, ann):
        with pytest.raises(NotReady) as refused:
            services.ready_dataset(dataset_id=begun.pk, actor=ann)
        assert refused.value.extra["progress"] == {"done": 0, "total": 0, "share": 0.0}


class TestAReadySnapshot:
    @pytest.mark.parametrize("change", ["state = 'building'", "manifest_sha256 = ''", "code = 'X'", "seed = 9"])
    def test_cannot_be_changed(self, freeze, wafers, change):
        wafers(1)
        freeze()

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE dataset_snapshot SET {change}")

    def test_cannot_be_deleted(self, freeze, wafers):
        wafers(1)

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            freeze().delete()

    def test_keeps_its_question_while_it_is_built_too(self, site, ann):
        services.freeze_dataset(site=site, code="D1", actor=ann, now=AT)

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            DatasetSnapshot.objects.update(seed=9)


class TestExports:
    @pytest.fixture
    def export(self, freeze, wafers, ann):
        wafers(3)
        snapshot = freeze()

        def make(format, *, with_images=False):
            values = {"dataset_id": snapshot.pk, "format": format, "with_images": with_images, "actor": ann, "now": AT}
            services.export_dataset(**values)
            services.build_exports(budget_s=30)
            return services.export_dataset(**values)

        return make

    @pytest.mark.parametrize("with_images", [False, True])
    @pytest.mark.parametrize("format", list(Format))
    def test_are_made_once_in_every_format(self, export, format, with_images):
        made, again = export(format, with_images=with_images), export(format, with_images=with_images)

        assert (made.state, made.sha256, made.done) == ("ready", again.sha256, made.total)
        assert len(image_store.get(made.file_key)) == made.bytes
        assert DatasetExport.objects.count() == (0 if format is Format.JSONL and not with_images else 1)

    def test_have_the_files_of_the_images(self, export):
        import io
        import zipfile

        with zipfile.ZipFile(io.BytesIO(image_store.get(export(Format.COCO, with_images=True).file_key))) as archive:
            listed = json.loads(archive.read("annotations.json"))["images"]
            names = set(archive.namelist())

        assert {f"images/{one['file_name']}" for one in listed} < names

    def test_are_the_same_file_when_they_are_made_again(self, export):
        first = export(Format.VOC)
        DatasetExport.objects.all().delete()

        assert export(Format.VOC).sha256 == first.sha256

    def test_that_would_be_too_large_say_what_to_do(self, export, monkeypatch):
        monkeypatch.setattr("annotations.services.dataset_exports.MOST_IMAGE_BYTES", 10)

        with pytest.raises(BuildFailed, match="without images"):
            export(Format.COCO, with_images=True)

    def test_are_in_the_trail(self, export):
        export(Format.CSV)

        said = AuditEvent.objects.filter(action__startswith="dataset_export").values_list("action", flat=True)
        assert sorted(said) == ["dataset_export.build", "dataset_export.request"]
