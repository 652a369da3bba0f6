"""Figures of a report on golden sets small enough to count by hand, and COCO's beside an oracle."""

import numpy as np
import pytest

from domain.evaluation.detection_metrics import Boxes, average_precision_per_class
from models_admin.validation.coco import coco_figures
from models_admin.validation.figures import class_table, count, drops, paired, truth_of
from models_admin.validation.judging import Answer, packed, unpacked
from models_admin.validation.reading import Reading
from tests.data_sets import make_object, make_record

CLASSES = ("scratch", "pit")


def image(number, *objects):
    return make_record(number, objects=tuple(make_object(code, box, number=number) for code, box in objects))


def answer(*reported, unsure=()):
    return Answer(reported=[list(row) for row in reported], all=[list(row) for row in (*reported, *unsure)])


# 1: a scratch. 2: a scratch and a pit. 3: nothing.
IMAGES = [
    image(1, ("scratch", (0.0, 0.0, 10.0, 10.0))),
    image(2, ("scratch", (0.0, 0.0, 10.0, 10.0)), ("pit", (50.0, 50.0, 10.0, 10.0))),
    image(3),
]
PERFECT = [
    answer([0, 0, 0, 10, 10, 0.9]),
    answer([0, 0, 0, 10, 10, 0.9], [1, 50, 50, 10, 10, 0.8]),
    answer(),
]
# Misses the first scratch, calls the pit a scratch, and sees something where nothing is.
WORSE = [
    answer(unsure=([0, 0, 0, 10, 10, 0.1],)),
    answer([0, 0, 0, 10, 10, 0.9], [0, 50, 50, 10, 10, 0.8]),
    answer([1, 5, 5, 10, 10, 0.7]),
]


def counted(answers, own=CLASSES):
    return count(answers, truth_of(IMAGES, classes=CLASSES), own_classes=own, classes=CLASSES)


class TestOneVersion:
    def test_all_found_and_nothing_else_is_one_everywhere(self):
        figures = counted(PERFECT).figures

        assert (figures["accuracy"]["value"], figures["macro_f1"], figures["map50"], figures["map50_95"]) == (
            1,
            1,
            1,
            1,
        )
        assert figures["confusion"] == [[2, 0, 0], [0, 1, 0], [0, 0, 0]]
        assert (figures["exact"], figures["missed"], figures["renamed"], figures["invented"]) == (3, 0, 0, 0)

    def test_what_went_wrong_stands_where_it_belongs(self):
        figures = counted(WORSE).figures

        assert figures["accuracy"]["value"] == pytest.approx(1 / 3, abs=1e-6)
        assert figures["confusion"] == [[1, 0, 1], [1, 0, 0], [0, 1, 0]]
        scratch, pit = figures["per_class"]
        assert (scratch["defects"], scratch["calls"], scratch["hits"]) == (2, 2, 1)
        assert (scratch["recall"]["value"], scratch["precision"]["value"], pit["recall"]["value"]) == (0.5, 0.5, 0)
        # Scratches: a hit at 0.9, a false alarm at 0.8, a hit at 0.1: 1 up to a recall of a half, then 2 / 3.
        assert scratch["ap50"] == pytest.approx((51 + 50 * 2 / 3) / 101, abs=1e-6)
        assert (pit["ap50"], figures["map50"]) == (0, pytest.approx(scratch["ap50"] / 2, abs=1e-6))

    def test_calibration_counts_what_is_sure_enough_to_be_shown(self):
        calibration = counted(WORSE).figures["calibration"]

        # 0.9 and 0.1 are right, 0.8 and 0.7 are not.
        assert calibration["findings"] == 4
        assert calibration["ece"] == pytest.approx((0.1 + 0.9 + 0.8 + 0.7) / 4)
        assert [one["count"] for one in calibration["bins"]] == [0, 1, 0, 0, 0, 0, 0, 1, 1, 1]

    def test_a_class_the_version_does_not_know_is_missed_and_said(self):
        figures = counted([answer([0, 0, 0, 10, 10, 0.9])] * 2 + [answer()], own=("scratch",)).figures

        assert [one["is_known"] for one in figures["per_class"]] == [True, False]
        assert figures["confusion"][1] == [0, 0, 1]

    def test_a_version_with_another_order_of_classes_is_counted_alike(self):
        turned = [
            Answer(*([[1 - row[0], *row[1:]] for row in rows] for rows in (one.reported, one.all))) for one in WORSE
        ]

        assert counted(turned, own=("pit", "scratch")).figures["confusion"] == counted(WORSE).figures["confusion"]

    def test_nothing_to_find_is_unknown_and_not_zero(self):
        figures = count([answer()], truth_of([image(3)], classes=CLASSES), own_classes=CLASSES, classes=CLASSES).figures

        assert (figures["map50"], figures["macro_f1"], figures["calibration"]["ece"]) == (None, None, None)
        assert figures["accuracy"]["value"] == 1

    def test_classes_of_all_are_in_the_order_of_the_first(self):
        assert class_table(IMAGES, ("pit",), ("open", "pit")) == ("pit", "open", "scratch")


class TestTwoVersions:
    def test_flips_say_what_became_of_each_image(self):
        differs = paired(counted(WORSE), counted(PERFECT), classes=CLASSES, images=IMAGES)

        assert (differs["only_version"], differs["only_champion"], differs["p_value"]) == (0, 2, 0.5)
        assert [(one["image"], one["of"], one["is_better"]) for one in differs["flips"]] == [
            (IMAGES[0].image, "verdict", False),
            (IMAGES[2].image, "verdict", False),
            (IMAGES[1].image, "findings", False),
        ]
        assert differs["flips"][0]["version"] == {"hits": 0, "renamed": 0, "missed": 1, "invented": 0}

    def test_a_drop_is_recall_lost_against_the_champion(self):
        lost = drops(counted(WORSE), counted(PERFECT), classes=CLASSES)

        assert [(one.name, one.defects, one.lost) for one in lost] == [("scratch", 2, 0.5), ("pit", 1, 1.0)]


class TestCoco:
    def test_agrees_with_our_own_count_and_with_an_overlap_counted_by_hand(self):
        rng = np.random.default_rng(3)
        images, rows = 20, 60
        truth = Boxes(
            rng.integers(images, size=rows), np.c_[rng.uniform(0, 400, (rows, 2)), rng.uniform(10, 60, (rows, 2))],
            rng.integers(3, size=rows), np.ones(rows),
        )  # fmt: skip
        found = Boxes(
            truth.image, truth.boxes_px + rng.normal(0, 3, (rows, 4)), rng.integers(3, size=rows), rng.random(rows)
        )

        figures = coco_figures(found, truth, image_count=images, class_count=4)

        assert figures.ap50[:3] == pytest.approx(average_precision_per_class(found, truth, class_count=3), abs=1e-9)
        assert np.isnan(figures.ap50[3])

    def test_an_overlap_of_three_quarters_counts_at_six_of_ten(self):
        truth = Boxes(np.zeros(1, np.int64), np.array([[0.0, 0, 100, 100]]), np.zeros(1, np.int64), np.ones(1))
        found = Boxes(truth.image, np.array([[0.0, 0, 100, 76]]), truth.class_index, np.array([0.9]))

        figures = coco_figures(found, truth, image_count=1, class_count=1)

        assert (figures.map50, figures.map50_95) == (1.0, pytest.approx(0.6))


def test_answers_come_back_from_the_store_as_they_were():
    assert unpacked(packed(WORSE)) == WORSE
    assert packed(WORSE) == packed(list(WORSE))


class TestReading:
    def test_is_named_by_all_that_changes_an_answer(self):
        usual = Reading()
        others = [
            Reading.of({"preprocessing": {"scale": 0.5}}), Reading(overlap_px=32), Reading(nms_iou=0.4),
            Reading(thresholds={"pit": 0.9}),
        ]  # fmt: skip

        assert Reading.of({}).sha256 == Reading.of(usual.as_dict()).sha256 == usual.sha256
        assert len({usual.sha256, *(one.sha256 for one in others)}) == 5

    def test_what_is_no_profile_is_refused_by_name(self):
        with pytest.raises(ValueError, match="sharpen"):
            Reading.of({"preprocessing": {"sharpen": True}})
