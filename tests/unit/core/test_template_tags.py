"""What lists draw of a card: outlines over a thumbnail, and counts in columns."""

from core.templatetags.waferdeck import defect_boxes, severity_cells, wafer_name

CARD = {
    "image": {"width_px": 1000, "height_px": 500},
    "boxes": [[100, 200, 10, 10, "pit", "critical"], [400, 100, 200, 100, "stain", "minor"]],
    "counts_by_severity": {"critical": 2, "minor": 1},
}


def test_small_defects_are_outlined_large_enough_to_be_seen_around_their_middle() -> None:
    drawn = defect_boxes(CARD)
    assert 'class="boxes boxes--critical" d="M82 182h45v45h-45z"' in drawn
    assert 'class="boxes boxes--minor" d="M400 100h200v100h-200z"' in drawn


def test_the_gravest_lie_on_top() -> None:
    drawn = defect_boxes(CARD)
    assert drawn.index("boxes--minor") < drawn.index("boxes--critical")


def test_every_severity_has_a_cell_and_none_found_has_no_shape() -> None:
    cells = severity_cells(CARD).split("</td>")[:-1]
    assert len(cells) == 4
    assert ["<svg" in cell for cell in cells] == [True, False, True, False]
    assert ["faint" in cell for cell in cells] == [False, True, False, True]


def test_a_wafer_is_called_by_its_code_and_by_its_file_where_the_code_is_a_digest() -> None:
    card = {"image": {"file_name": "left.png"}}
    assert wafer_name("W07", card) == "W07"
    assert wafer_name("331d6c89066f", card) == "left.png"
    assert wafer_name("331d6c89066f", None) == "No name"
