import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.review.consensus import Opinion, Part, Verdict, consensus

SQUARE = (10.0, 10.0, 10.0, 10.0)
TENTH_OFF = (11.0, 10.0, 10.0, 10.0)
HALF_OFF = (15.0, 10.0, 10.0, 10.0)
NUISANCE = Opinion(verdict=Verdict.NUISANCE)


def defect(class_code="scratch", box_px=SQUARE) -> Opinion:
    return Opinion(verdict=Verdict.DEFECT, class_code=class_code, box_px=box_px)


class TestOpinion:
    @pytest.mark.parametrize(("class_code", "box_px"), [(None, SQUARE), ("scratch", None)])
    def test_of_a_defect_says_which(self, class_code, box_px):
        with pytest.raises(ValueError, match="class and a box"):
            defect(class_code, box_px)

    def test_verdicts_are_stored_by_name(self):
        assert [verdict.label for verdict in Verdict] == ["defect", "nuisance"]


class TestConsensus:
    @pytest.mark.parametrize(
        ("case", "opinions", "differs"),
        [
            ("the same three times", [defect(), defect(), defect()], set()),
            ("boxes that nearly cover each other", [defect(), defect(box_px=TENTH_OFF)], set()),
            ("two nuisances", [NUISANCE, NUISANCE], set()),
            ("nuisances of another class and place", [NUISANCE, Opinion(Verdict.NUISANCE, "pit", HALF_OFF)], set()),
            ("a defect or not", [defect(), NUISANCE], {Part.VERDICT}),
            ("which class", [defect(), defect("pit")], {Part.CLASS}),
            ("where", [defect(), defect(box_px=HALF_OFF)], {Part.BOX}),
            ("which class and where", [defect(), defect("pit", HALF_OFF)], {Part.CLASS, Part.BOX}),
            ("everything", [defect(), NUISANCE, defect("pit", HALF_OFF)], {Part.VERDICT, Part.CLASS, Part.BOX}),
        ],
    )
    def test_says_what_differs(self, case, opinions, differs):
        found = consensus(opinions)

        assert found.differs == differs
        assert found.agreed == (not differs)
        assert found.opinions == len(opinions)

    @pytest.mark.parametrize("opinions", [[], [defect()], [NUISANCE]])
    def test_takes_two_to_agree(self, opinions):
        found = consensus(opinions)

        assert not found.agreed
        assert found.differs == set()
        assert math.isnan(found.least_iou)

    def test_every_two_boxes_must_overlap(self):
        left, middle, right = ((x, 0.0, 10.0, 10.0) for x in (0.0, 3.0, 6.0))

        found = consensus([defect(box_px=left), defect(box_px=middle), defect(box_px=right)])

        assert found.differs == {Part.BOX}
        assert found.least_iou == pytest.approx(4 / 16)

    def test_the_least_overlap_counts(self):
        assert consensus([defect(), defect(box_px=HALF_OFF)], iou=1 / 3).agreed

    def test_equal_boxes_without_an_area_agree(self):
        point = (3.0, 4.0, 0.0, 0.0)

        assert consensus([defect(box_px=point), defect(box_px=point)]).agreed

    @given(
        st.lists(
            st.one_of(
                st.just(NUISANCE),
                st.builds(defect, st.sampled_from(["scratch", "pit"]), st.sampled_from([SQUARE, TENTH_OFF, HALF_OFF])),
            ),
            max_size=5,
        ).flatmap(lambda said: st.tuples(st.just(said), st.permutations(said)))
    )
    def test_does_not_mind_who_spoke_first(self, said):
        one, other = map(consensus, said)

        assert (one.differs, one.agreed) == (other.differs, other.agreed)

    @pytest.mark.parametrize("iou", [-0.1, 1.1, math.nan])
    def test_refuses_an_overlap_that_is_none(self, iou):
        with pytest.raises(ValueError, match="from 0 to 1"):
            consensus([NUISANCE], iou=iou)
