"""A report as a PDF: what a page shows, on paper, to sign and keep. The same report gives the same bytes."""

import io
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from models_admin.validation.pdf_plots import recall_plot, reliability_plot

_FONT, _BOLD = "Vera", "VeraBd"
_LINE, _GROUND = colors.HexColor("#b9bec4"), colors.HexColor("#eef0f2")
_WIDTH = A4[0] - 36 * mm
_MOST_FLIPS = 40


def report_pdf(report: Mapping[str, Any], *, sha256: str) -> bytes:
    """
    Args:
        report: as `models_admin.validation.report.document` makes it.
        sha256: of it; stands on every page.
    """
    _register_fonts()
    out = io.BytesIO()
    title = f"{report['model']} {report['version']['version']}: validation"
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=title,
        author="Waferdeck",
        invariant=1,
    )

    def footer(canvas: Any, page: Any) -> None:
        canvas.setFont(_FONT, 6.5)
        canvas.drawString(18 * mm, 10 * mm, f"Validation {report['id']} · SHA-256 {sha256}")
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, f"Page {page.page}")

    document.build(list(_parts(report, title)), onFirstPage=footer, onLaterPages=footer)
    return out.getvalue()


def _parts(report: Mapping[str, Any], title: str) -> Iterable[Flowable]:
    gates = report["gates"]
    yield _text(title, "title")
    verdict = "It passes every gate." if gates["has_passed"] else "It does not pass: see the gates that failed."
    yield _text(f"{verdict} Gates {gates['number']}, measured {report['measured']['at'][:19].replace('T', ' ')} UTC.")
    yield Spacer(0, 3 * mm)
    yield from _section("Gates", _gates(gates["results"]))
    yield from _section("Beside the champion", _beside(report))
    yield from _section("Classes", _classes(report))
    mine = report["figures"]["version"]
    if any(one["curve"] for one in mine["per_class"]):
        yield from _section("Precision over recall", recall_plot(mine["per_class"], width=_WIDTH, font=_FONT))
    if mine["calibration"]["findings"]:
        plot = reliability_plot(mine["calibration"]["bins"], width=_WIDTH / 2, font=_FONT)
        yield from _section("What confidence means", plot)
    yield from _section("What was called what", _confusion(report))
    if report["paired"]:
        yield from _section("Images that flipped", *_flips(report["paired"]))
    yield from _section("How it was measured", _facts(report))


def _section(title: str, *parts: Flowable) -> Iterable[Flowable]:
    first, *others = parts
    yield KeepTogether([_text(title, "section"), first])
    yield from others
    yield Spacer(0, 3 * mm)


def _gates(results: Sequence[Mapping[str, Any]]) -> Flowable:
    rows = [["", "Gate", "What was measured"]]
    rows += [
        ["passed" if one["has_passed"] else "FAILED", one["gate"].replace("_", " "), one["words"]] for one in results
    ]
    return _table(rows, widths=[20 * mm, 28 * mm, _WIDTH - 48 * mm])


def _beside(report: Mapping[str, Any]) -> Flowable:
    mine, theirs = report["figures"]["version"], report["figures"]["champion"]
    champion = report["champion"]["version"] if theirs else "no champion"
    rows = [["", report["version"]["version"], champion, "Difference (95 %)"]]
    paired = report["paired"] or {}

    def add(name: str, read: Any, difference: Mapping[str, Any] | None = None) -> None:
        rows.append([name, read(mine), read(theirs) if theirs else "–", _interval(difference) if difference else ""])

    add("Accuracy of the verdict", lambda one: _interval(one["accuracy"]), paired.get("accuracy"))
    add("Macro-F1", lambda one: _number(one["macro_f1"]), paired.get("macro_f1"))
    for name, key in (("mAP50", "map50"), ("mAP50-95", "map50_95")):
        add(name, lambda one, key=key: _number(one[key]))
    add("Calibration error (ECE)", lambda one: _number(one["calibration"]["ece"]))
    add("Missed · taken for another · false", lambda one: f"{one['missed']} · {one['renamed']} · {one['invented']}")
    add("One image, P50 · P95", lambda one: "{p50_ms:.0f} · {p95_ms:.0f} ms".format(**one["speed"]["sequential"]))
    add("Four at once, P95", lambda one: "{p95_ms:.0f} ms".format(**one["speed"]["concurrent"]))
    add(
        "Images per second, one · four",
        lambda one: (
            f"{one['speed']['sequential']['images_per_s']:.1f} · {one['speed']['concurrent']['images_per_s']:.1f}"
        ),
    )
    if paired:
        rows.append(
            [
                "Right on images where the other is not",
                str(paired["only_version"]),
                str(paired["only_champion"]),
                f"p = {_number(paired['p_value'])}",
            ]
        )
    return _table(rows, widths=[58 * mm, *([(_WIDTH - 58 * mm) / 3] * 3)])


def _classes(report: Mapping[str, Any]) -> Flowable:
    rows = [["Class", "Defects", "Recall (95 %)", "Precision (95 %)", "F1", "AP50", "Against champion"]]
    drops = {one["class"]: one for one in (report["paired"] or {}).get("recall", [])}
    for one in report["figures"]["version"]["per_class"]:
        drop = drops.get(one["class"])
        rows.append([
            one["class"] if one["is_known"] else f"{one['class']} (not known)", str(one["defects"]),
            _interval(one["recall"]), _interval(one["precision"]), _number(one["f1"]), _number(one["ap50"]),
            _interval(drop) if drop else "",
        ])  # fmt: skip
    return _table(rows, widths=[26 * mm, 15 * mm, 34 * mm, 34 * mm, 14 * mm, 14 * mm, _WIDTH - 137 * mm])


def _confusion(report: Mapping[str, Any]) -> Flowable:
    names = [*report["classes"], "nothing"]
    rows = [["There, called as", *names]]
    rows += [
        [name, *(str(cell) if cell else "·" for cell in cells)]
        for name, cells in zip(names, report["figures"]["version"]["confusion"], strict=True)
    ]
    return _table(rows, widths=[28 * mm, *([(_WIDTH - 28 * mm) / len(names)] * len(names))], size=6)


def _flips(paired: Mapping[str, Any]) -> list[Flowable]:
    if not paired["flips"]:
        return [_text("None: both did the same on every image.")]
    rows = [["Image", "Lot · wafer", "What flipped", "Version: missed · false", "Champion: missed · false"]]
    for one in paired["flips"][:_MOST_FLIPS]:
        way = "now right, was wrong" if one["is_better"] else "now wrong, was right"
        rows.append([
            one["file_name"], f"{one['lot']} · {one['wafer']}", f"{one['of']}: {way}",
            *(f"{side['missed'] + side['renamed']} · {side['invented']}" for side in (one["version"], one["champion"])),
        ])  # fmt: skip
    parts: list[Flowable] = [_table(rows, widths=[46 * mm, 34 * mm, 40 * mm, 27 * mm, _WIDTH - 147 * mm])]
    if (more := paired["flip_count"] - len(rows) + 1) > 0:
        parts.append(_text(f"And {more} more; the report on the page has them."))
    return parts


def _facts(report: Mapping[str, Any]) -> Flowable:
    golden, reading, measured = report["golden_set"], report["reading"], report["measured"]
    left_out = ", ".join(f"{count} {reason}" for reason, count in golden["left_out"].items()) or "none"
    held = f"{golden['images']} images, {golden['defects']} defects, part {', '.join(golden['splits'])}"
    asked = f"{report['requested_by']}, {report['requested_at'][:19].replace('T', ' ')} UTC"
    rows = [
        ["Golden set", f"{golden['name']} at {golden['site']}: {held}; left out: {left_out}"],
        ["Its manifest", golden["sha256"]],
        ["File of the version", report["version"]["sha256"]],
        ["File of the champion", report["champion"]["sha256"] if report["champion"] else "–"],
        ["Preprocessing", reading["preprocessing_sha256"]],
        ["Overlap of tiles · boxes", f"{reading['overlap_px']} px · {reading['nms_iou']}"],
        ["Machine", measured["machine"]],
        ["Code", measured["code_version"]],
        ["Asked for", f"{asked}; it took {measured['seconds']:.0f} s"],
    ]  # fmt: skip
    return _table(rows, widths=[40 * mm, _WIDTH - 40 * mm], has_head=False)


def _table(
    rows: Sequence[Sequence[str]], *, widths: Sequence[float], size: float = 7, has_head: bool = True
) -> Flowable:
    cells = [
        [Paragraph(escape(cell), _style(size, is_bold=has_head and not at)) for cell in row]
        for at, row in enumerate(rows)
    ]
    style = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, _LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
    if has_head:
        style.append(("BACKGROUND", (0, 0), (-1, 0), _GROUND))
    return Table(cells, colWidths=widths, style=TableStyle(style), repeatRows=int(has_head), hAlign="LEFT")


def _text(words: str, kind: str = "body") -> Paragraph:
    sizes = {"title": 15, "section": 10.5, "body": 8}
    return Paragraph(escape(words), _style(sizes[kind], is_bold=kind != "body", space=0 if kind == "body" else 2))


@lru_cache(maxsize=16)
def _style(size: float, *, is_bold: bool = False, space: float = 0) -> ParagraphStyle:
    return ParagraphStyle(
        f"{size}-{is_bold}-{space}", fontName=_BOLD if is_bold else _FONT, fontSize=size, leading=size * 1.35,
        spaceAfter=space * mm, wordWrap="CJK" if size <= 6 else None,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _register_fonts() -> None:
    folder = Path(reportlab.__file__).parent / "fonts"
    for name in (_FONT, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def _interval(estimate: Mapping[str, Any]) -> str:
    if estimate["value"] is None:
        return "unknown"
    if estimate["low"] is None:
        return f"{estimate['value']:.3f}"
    return f"{estimate['value']:.3f} ({estimate['low']:.3f} to {estimate['high']:.3f})"
