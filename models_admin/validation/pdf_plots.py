"""The plots of a report on paper: lines that can be told apart without colour."""

from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.graphics.charts.lineplots import LinePlot
from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib import colors

from domain.evaluation.detection_metrics import RECALL_STEPS

_HEIGHT, _LEFT, _BOTTOM = 150, 30, 24
_DASHES = [None, (4, 2), (1, 2), (6, 2, 1, 2)]
_GREYS = [colors.HexColor(one) for one in ("#111111", "#0072b2", "#d55e00", "#009e73")]


def recall_plot(per_class: Sequence[Mapping[str, Any]], *, width: float, font: str) -> Drawing:
    """Precision at each recall, a line per class of which there is a defect."""
    shown = [one for one in per_class if one["curve"]]
    drawing = Drawing(width, _HEIGHT)
    legend = 90
    plot = _plot(drawing, width - legend - _LEFT - 6, font, x="Recall", y="Precision")
    plot.data = [list(zip(RECALL_STEPS.tolist(), one["curve"], strict=True)) for one in shown]
    for at, one in enumerate(shown):
        line = plot.lines[at]
        line.strokeColor, line.strokeDashArray, line.strokeWidth = _GREYS[at % 4], _DASHES[at // 4 % 4], 0.9
        top = _HEIGHT - 10 - 12 * at
        drawing.add(
            Line(
                width - legend,
                top + 2,
                width - legend + 16,
                top + 2,
                strokeColor=_GREYS[at % 4],
                strokeDashArray=_DASHES[at // 4 % 4],
            )
        )
        drawing.add(String(width - legend + 20, top, one["class"], fontName=font, fontSize=6.5))
    drawing.add(plot)
    return drawing


def reliability_plot(bins: Sequence[Mapping[str, Any]], *, width: float, font: str) -> Drawing:
    """The share that is right over what was said, with how far it may be off; on the dashed line they are the same."""
    drawing = Drawing(width, _HEIGHT)
    plot = _plot(drawing, width - _LEFT - 6, font, x="Confidence", y="Share that is right")
    points = [(one["confidence"], one["right"]["value"]) for one in bins if one["count"]]
    plot.data = [[(0, 0), (1, 1)], points]
    plot.lines[0].strokeColor, plot.lines[0].strokeDashArray = colors.grey, (2, 2)
    plot.lines[1].strokeColor = _GREYS[0]
    drawing.add(plot)
    for one in bins:
        if one["count"]:
            x = plot.x + one["confidence"] * plot.width
            low, high = (plot.y + one["right"][end] * plot.height for end in ("low", "high"))
            drawing.add(Line(x, low, x, high, strokeColor=_GREYS[0], strokeWidth=0.6))
            middle = plot.y + one["right"]["value"] * plot.height
            drawing.add(Rect(x - 1.5, middle - 1.5, 3, 3, fillColor=_GREYS[0], strokeColor=None))
    return drawing


def _plot(drawing: Drawing, width: float, font: str, *, x: str, y: str) -> LinePlot:
    plot = LinePlot()
    plot.x, plot.y, plot.width, plot.height = _LEFT, _BOTTOM, width, _HEIGHT - _BOTTOM - 16
    for axis in (plot.xValueAxis, plot.yValueAxis):
        axis.valueMin, axis.valueMax, axis.valueStep = 0, 1, 0.25
        axis.labels.fontName, axis.labels.fontSize, axis.labelTextFormat = font, 6, "%.2f"
        axis.strokeWidth = 0.4
    drawing.add(String(_LEFT + width / 2, 4, x, fontName=font, fontSize=6.5, textAnchor="middle"))
    drawing.add(String(2, _HEIGHT - 6, y, fontName=font, fontSize=6.5))
    return plot
