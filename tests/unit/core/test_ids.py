from datetime import UTC, datetime
from uuid import UUID

from core.ids import derived_uuid7, time_of, uuid7, uuid7_floor

NOON = datetime(2026, 11, 21, 12, 0, 0, 123_000, tzinfo=UTC)


class TestUuid7:
    def test_tells_its_time_version_and_variant(self):
        made = uuid7(at=NOON)

        assert (time_of(made), made.version, made.variant) == (NOON, 7, "specified in RFC 4122")

    def test_two_of_one_moment_differ(self):
        assert uuid7(at=NOON) != uuid7(at=NOON)

    def test_sorts_by_time_as_text(self):
        later = uuid7(at=NOON.replace(second=1))

        assert str(uuid7(at=NOON)) < str(later)


class TestDerivedUuid7:
    def test_is_the_same_for_the_same_parent_and_label(self):
        parent = uuid7(at=NOON)

        assert derived_uuid7(parent=parent, label="3") == derived_uuid7(parent=parent, label="3")

    def test_differs_by_label_and_by_parent(self):
        parent = uuid7(at=NOON)
        made = {derived_uuid7(parent=parent, label="3"), derived_uuid7(parent=parent, label="4")}

        assert len(made | {derived_uuid7(parent=uuid7(at=NOON), label="3")}) == 3

    def test_has_its_parents_time(self):
        assert time_of(derived_uuid7(parent=uuid7(at=NOON), label="x")) == NOON


def test_the_floor_is_below_every_id_of_its_millisecond():
    floor = uuid7_floor(at=NOON)

    assert floor < uuid7(at=NOON)
    assert floor > UUID(int=uuid7_floor(at=NOON).int - 1)
