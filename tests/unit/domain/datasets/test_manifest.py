"""A manifest gives back what was written, counts and compares without reading more than it must."""

import pytest
from hypothesis import given

from domain.datasets import manifest
from domain.datasets.compare import difference
from domain.datasets.records import Duplicate, Split
from domain.datasets.settle import Word, words_that_stand
from domain.datasets.statistics import added, counts_of
from tests.data_sets import HEADER, image_key, make_object, make_record, records, some_records


def lines_of(images, duplicates=()):
    return [
        manifest.header_line(HEADER),
        *map(manifest.image_line, images),
        *map(manifest.duplicate_line, duplicates),
    ]


class TestTheManifest:
    @given(records())
    def test_gives_every_image_back(self, images):
        assert list(manifest.images_of(lines_of(images))) == images

    def test_gives_back_its_header_and_what_was_left_out(self):
        lines = lines_of(some_records(), [Duplicate("a", "b")])

        assert manifest.header_of(lines[0]) == HEADER
        assert list(manifest.duplicates_of(lines)) == [Duplicate("a", "b")]

    def test_says_which_line_is_broken(self):
        with pytest.raises(manifest.UnreadableManifest, match="Line 3"):
            list(manifest.images_of([*lines_of(some_records())[:2], b'{"image":"x"}\n']))

    @pytest.mark.parametrize("line", [b"", b"{}", b'{"manifest":"other","version":1}', b"[1]"])
    def test_begins_with_a_header(self, line):
        with pytest.raises(manifest.UnreadableManifest):
            manifest.header_of(line)


class TestWordsThatStand:
    box = (10.0, 10.0, 20.0, 20.0)

    def test_are_the_latest_where_two_runs_were_decided(self):
        words = [
            Word("r1", "1", self.box),
            Word("r2", "2", (11.0, 10.0, 20.0, 20.0)),
            Word("r1", "1", (90.0, 90.0, 5, 5)),
        ]

        assert words_that_stand(words) == [1, 2]

    def test_are_all_of_one_run_however_they_overlap(self):
        assert words_that_stand([Word("r1", "1", self.box), Word("r1", "2", self.box)]) == [0, 1]

    def test_are_none_where_there_are_none(self):
        assert words_that_stand([]) == []


class TestCounts:
    def test_are_of_everything_that_is_plotted(self):
        counts = counts_of(some_records())

        assert counts["images"] == {"train": 1, "validation": 1, "test": 1}
        assert counts["classes"] == {"train": {"scratch": 1, "pit": 1}}
        assert counts["nuisances"] == {"train": 0, "validation": 1, "test": 0}
        assert counts["empty"] == {"train": 0, "validation": 1, "test": 1}
        assert counts["sizes"] == {"scratch": {"2": 1}, "pit": {"32": 1}}
        assert counts["per_image"] == {"2": 1, "0": 2}

    @given(records())
    def test_of_portions_add_up_to_those_of_the_whole(self, images):
        parts = added(counts_of(images[:2]), counts_of(images[2:]))

        assert parts == counts_of(images)


class TestDifference:
    def test_of_the_same_is_nothing(self):
        found = difference(lines_of(some_records()), lines_of(some_records())).as_dict()

        assert found["images"] == {"same": 3, "added": 0, "removed": 0, "changed": 0, "moved": 0}

    def test_names_what_came_went_changed_and_moved(self):
        before = [make_record(1), make_record(2), make_record(3), make_record(4), make_record(5)]
        after = [
            make_record(2, objects=(make_object("pit"),)),
            make_record(3, objects=(make_object(box=(1.0, 2.0, 3.0, 9.0)), make_object(number=2))),
            make_record(4, split=Split.TEST),
            make_record(5),
            make_record(6, objects=(make_object("pit"),)),
        ]

        found = difference(lines_of(before), lines_of(after)).as_dict()

        assert found["images"] == {"same": 2, "added": 1, "removed": 1, "changed": 2, "moved": 1}
        assert found["objects"] == {"added": 1, "removed": 0, "reclassed": 1, "redrawn": 1}
        assert found["classes"] == {"pit": 2, "scratch": -1}
        assert found["moved"] == {"train to test": 1}
        assert found["examples"]["added"] == [image_key(6)]
