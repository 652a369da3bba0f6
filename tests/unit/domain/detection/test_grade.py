import numpy as np
import pytest

from domain.detection.grade import (
    Band,
    Bands,
    Severity,
    bands_of,
    counts_by_severity,
    image_band,
    severities_of,
)
from domain.detection.scale import centres_px, sizes_um, to_original_px
from tests.detections import detections

BANDS = Bands(review_from=0.4, reject_from=0.8)


class TestBands:
    @pytest.mark.parametrize(
        ("confidence", "band"),
        [
            (0.0, Band.ACCEPT),
            (0.39, Band.ACCEPT),
            (0.4, Band.REVIEW),
            (0.79, Band.REVIEW),
            (0.8, Band.REJECT),
            (1.0, Band.REJECT),
        ],
    )
    def test_of_a_detection(self, confidence, band):
        assert bands_of(np.array([confidence]), bands=BANDS).tolist() == [band]

    @pytest.mark.parametrize(("low", "high"), [(0.8, 0.4), (-0.1, 0.5), (0.5, 1.1), (float("nan"), 0.5)])
    def test_must_be_in_order(self, low, high):
        with pytest.raises(ValueError, match="review_from"):
            Bands(review_from=low, reject_from=high)

    def test_are_stored_by_name(self):
        assert [band.label for band in Band] == ["accept", "review", "reject"]


class TestImageBand:
    @pytest.mark.parametrize(
        ("case", "found", "band"),
        [
            ("nothing", [], Band.ACCEPT),
            ("weak evidence of a crack", [(Band.ACCEPT, Severity.CRITICAL)], Band.ACCEPT),
            ("perhaps a crack", [(Band.REVIEW, Severity.CRITICAL)], Band.REVIEW),
            ("a sure crack", [(Band.REJECT, Severity.CRITICAL)], Band.REJECT),
            ("a sure scratch", [(Band.REJECT, Severity.MAJOR)], Band.REJECT),
            ("a sure particle", [(Band.REJECT, Severity.MINOR)], Band.REVIEW),
            ("a sure nuisance", [(Band.REJECT, Severity.NUISANCE)], Band.ACCEPT),
            (
                "a perhaps among certainties",
                [(Band.REJECT, Severity.NUISANCE), (Band.REVIEW, Severity.MINOR)],
                Band.REVIEW,
            ),
            ("the worst decides", [(Band.REVIEW, Severity.MINOR), (Band.REJECT, Severity.MAJOR)], Band.REJECT),
        ],
    )
    def test_of_detections(self, case, found, band):
        bands = np.array([one for one, _ in found], np.int8)
        severities = np.array([one for _, one in found], np.int8)

        assert image_band(bands, severities=severities) is band


class TestSeverities:
    def test_come_from_the_class_table(self):
        table = np.array([Severity.MAJOR, Severity.MINOR])

        assert severities_of(np.array([1, 0, 1]), severity_by_class=table).tolist() == [1, 2, 1]

    def test_are_counted_worst_first(self):
        assert list(counts_by_severity(np.array([3, 1, 1])).items()) == [
            ("critical", 1),
            ("major", 0),
            ("minor", 2),
            ("nuisance", 0),
        ]

    def test_nothing_is_counted_as_nothing(self):
        assert sum(counts_by_severity(np.zeros(0, np.int8)).values()) == 0


class TestScale:
    def test_boxes_go_back_to_the_uploaded_pixels(self):
        found = to_original_px(detections([[10, 20, 30, 40]]), scale=0.5, width_px=1000, height_px=1000)

        assert found.boxes_px.tolist() == [[20, 40, 60, 80]]

    def test_boxes_stay_inside_the_image(self):
        found = to_original_px(detections([[40, 40, 10.5, 10.5]]), scale=0.5, width_px=100, height_px=100)

        assert found.boxes_px.tolist() == [[80, 80, 20, 20]]

    def test_no_scale_is_a_mistake(self):
        with pytest.raises(ValueError, match="above 0"):
            to_original_px(detections([[1, 1, 1, 1]]), scale=0, width_px=5, height_px=5)

    def test_size_is_the_longest_side(self):
        assert sizes_um(detections([[0, 0, 30, 40]]), pixel_um=0.5).tolist() == [20]

    def test_sizes_of_nothing(self):
        assert sizes_um(detections([]), pixel_um=0.5).shape == (0,)

    def test_centres(self):
        assert centres_px(detections([[10, 20, 30, 40]])).tolist() == [[25, 40]]
