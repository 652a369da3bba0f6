"""Model cards: Markdown that anybody who may register a version has written."""

from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

register = template.Library()

# Raw HTML stays text, addresses that run something are no links, and no picture is asked for from elsewhere.
_CARD = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")


@register.filter
def card(text: str) -> SafeString:
    """A card as HTML: its headings begin below those of the page, and a heading that repeats the page's title goes."""
    tokens = _CARD.parse(text)
    if tokens and tokens[0].tag == "h1":
        tokens = tokens[3:]
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    # What the library renders of Markdown without HTML escapes every text.
    return mark_safe(_CARD.renderer.render(tokens, _CARD.options, {}))  # noqa: S308
