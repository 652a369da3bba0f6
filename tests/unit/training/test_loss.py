import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-training.txt")

from training.loss import assign, iou_pairs  # noqa: E402
from training.muon import orthogonal  # noqa: E402
from training.network import anchors_px, corners_px, distances_px  # noqa: E402


class TestAnchors:
    def test_lie_in_the_middle_of_their_cells(self):
        assert anchors_px(1, 2).tolist() == [[4.0, 4.0], [12.0, 4.0]]

    def test_distances_reach_from_a_few_pixels_to_a_whole_tile(self):
        reach = distances_px(torch.tensor([-10.0, 0.0, 10.0]).reshape(1, 3, 1, 1))

        assert reach.min() < 0 and reach[0, 1] == 4.0 and reach.max() > 512

    def test_corners_are_anchor_minus_and_plus_distances(self):
        assert corners_px(torch.tensor([[[1.0, 2.0, 3.0, 4.0]]]), torch.tensor([[10.0, 10.0]])).tolist() == [
            [[9.0, 8.0, 13.0, 14.0]]
        ]


class TestIou:
    def test_half_shared_is_a_third(self):
        a, b = torch.tensor([0.0, 0, 10, 10]), torch.tensor([5.0, 0, 15, 10])

        assert iou_pairs(a, b).item() == pytest.approx(1 / 3)

    def test_complete_iou_still_pulls_boxes_that_do_not_touch(self):
        a, near, far = (torch.tensor([x, 0.0, x + 10, 10]) for x in (0, 20, 80))

        assert iou_pairs(a, near, complete=True) > iou_pairs(a, far, complete=True)


class TestAssign:
    anchors = anchors_px(8, 8)

    def boxes(self, corner):
        return torch.tensor(corner).repeat(1, 64, 1)

    def test_a_defect_smaller_than_a_cell_still_gets_an_anchor(self):
        truth = torch.tensor([[[15.0, 15, 20, 20]]])

        owner, wanted = assign(
            scores=torch.full((1, 64, 8), 0.01),
            boxes=self.boxes([15.0, 15, 20, 20]),
            anchors=self.anchors,
            truth=truth,
            class_index=torch.tensor([[2]]),
        )

        assert (owner >= 0).sum() >= 1
        assert wanted.max() == 1.0

    def test_padding_and_cut_off_defects_get_none(self):
        owner, _ = assign(
            scores=torch.full((1, 64, 8), 0.5),
            boxes=self.boxes([0.0, 0, 30, 30]),
            anchors=self.anchors,
            truth=torch.tensor([[[0.0, 0, 30, 30], [0, 0, 40, 40]]]),
            class_index=torch.tensor([[-1, -2]]),
        )

        assert (owner == -1).all()


class TestMuon:
    def test_makes_every_direction_about_equally_long(self):
        values = torch.linalg.svdvals(orthogonal(torch.randn(16, 40, generator=torch.Generator().manual_seed(0))))

        assert values.min() > 0.5 and values.max() < 1.5
