"""What templates need to speak the one visual language: icons, shapes, ages."""

import re
from datetime import UTC, datetime
from typing import Any

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from core import permissions, static_files

register = template.Library()

_DIGEST = re.compile("[0-9a-f]{12}")
SEVERITIES = ("critical", "major", "minor", "nuisance")


@register.simple_tag
def import_map() -> SafeString:
    """Tells the browser where modules lie; before the first of them."""
    addresses = static_files.import_map()
    # Names of our own files as JSON; the content policy knows its digest.
    return format_html('<script type="importmap">{}</script>', mark_safe(addresses)) if addresses else SafeString("")  # noqa: S308


@register.simple_tag(takes_context=True)
def module(context: Context, name: str) -> SafeString:
    """A page's module. What it imports is asked for at once, not one import after another."""
    of_this_page: Any = context.render_context
    seen: set[str] = of_this_page.setdefault("modules", set())
    needed = [one for one in static_files.modules_needed(name) if one != name and one not in seen]
    seen.update(needed)
    return format_html(
        '{}<script type="module" src="{}"></script>',
        format_html_join("", '<link rel="modulepreload" href="{}">', ((static(one),) for one in needed)),
        static(name),
    )


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon of the vendored sprite. It is decoration: the word beside it carries the meaning."""
    kind = f"icon icon--{size}" if size else "icon"
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>', kind, static("vendor/icons.svg"), name
    )


@register.simple_tag
def glyph(name: str, kind: str = "icon") -> SafeString:
    """A sign of our own: the wafer, or a severity's shape."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>', kind, static("shared/glyphs.svg"), name
    )


LEAST_BOX_SHARE = 0.09
"""Boxes of a thumbnail are drawn at least this wide, as a share of the image, or nobody would see them."""


@register.simple_tag
def defect_boxes(card: dict[str, Any]) -> SafeString:
    """The outlines of what was found, to lie over a thumbnail; the gravest on top. As `boxesPath` of wall_card.js."""
    image = card["image"]
    least = min(image["width_px"], image["height_px"]) * LEAST_BOX_SHARE
    paths = [
        format_html('<path class="boxes__halo" d="{0}"/><path class="boxes boxes--{1}" d="{0}"/>', path, severity)
        for severity in ("minor", "major", "critical")
        if (path := "".join(_outline(box, least) for box in card["boxes"] if box[5] == severity))
    ]
    return format_html(
        '<svg class="thumbnail__boxes" viewBox="0 0 {} {}" preserveAspectRatio="xMidYMid slice" aria-hidden="true">'
        "{}</svg>",
        image["width_px"],
        image["height_px"],
        format_html_join("", "{}", ((path,) for path in paths)),
    )


def _outline(box: list[Any], least: float) -> str:
    """A rectangle around x, y, width, height of image pixels, as SVG writes it."""
    x, y, width, height = box[:4]
    wide, tall = max(least, width), max(least, height)
    return f"M{x - (wide - width) / 2:.0f} {y - (tall - height) / 2:.0f}h{wide:.0f}v{tall:.0f}h-{wide:.0f}z"


@register.simple_tag
def severity_cells(card: dict[str, Any]) -> SafeString:
    """One cell per severity, so that counts stand in columns; none found is a faint 0."""
    counts = card["counts_by_severity"] or {}
    return format_html_join(
        "",
        '<td class="number severity severity--{}{}">{}{}<span class="visually-hidden"> {}</span></td>',
        (
            (
                name,
                "" if counts.get(name) else " faint",
                glyph(name, f"shape shape--{name}") if counts.get(name) else "",
                counts.get(name, 0),
                name,
            )
            for name in SEVERITIES
        ),
    )


@register.simple_tag
def age(moment: datetime | None) -> SafeString:
    """How long ago, kept ticking by the page, which adds the exact local time on hover."""
    if moment is None:
        return format_html('<span class="faint">{}</span>', "never")
    exact = moment.astimezone(UTC)
    return format_html('<time data-age datetime="{}">{} UTC</time>', exact.isoformat(), exact.strftime("%H:%M"))


@register.simple_tag(takes_context=True)
def current(context: dict[str, Any], *names: str) -> SafeString:
    """Marks the navigation entry of the page that is open, by its name or its namespace."""
    match = getattr(context.get("request"), "resolver_match", None)
    is_open = match is not None and (match.view_name in names or match.namespace in names)
    return format_html('aria-current="{}"', "page") if is_open else SafeString("")


BANDS = {"accept": "Accept", "review": "Review", "reject": "Reject"}
STATES = {"queued": "Queued", "running": "Inspecting", "failed": "Failed", "cancelled": "Cancelled"}


@register.simple_tag
def verdict(card: dict[str, Any] | None) -> SafeString:
    """The word a wafer is summed up by: how it stands, by all of its images. The same as `verdict` of signs.js."""
    if card is None:
        return format_html('<span class="faint">{}</span>', "Not inspected")
    kind = card["standing"]["verdict"]
    word = {**STATES, **BANDS}.get(kind, kind.capitalize())
    return format_html('<span class="band band--{}">{}</span>', kind, word)


@register.simple_tag
def wafer_name(code: str, card: dict[str, Any] | None) -> str:
    """What people call a wafer: its code, or its file where the code is a digest. As `waferName` of signs.js."""
    if not _DIGEST.fullmatch(code):
        return code
    return ((card or {}).get("image") or {}).get("file_name") or "No name"


@register.simple_tag(takes_context=True)
def may_post(context: dict[str, Any], name: str) -> str:
    """For a data attribute: "true" where whoever looks may post to that address, else nothing."""
    return "true" if permissions.may_post(context["request"], name) else ""


@register.filter
def moment(text: str | None) -> datetime | None:
    """A time of a card, which is text already."""
    return datetime.fromisoformat(text) if text else None
