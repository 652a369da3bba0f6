"""The order of a page of the defect book: a rank between two others; ranks anew where there is no room between them."""

from annotations.models import BookExample

LEAST_GAP = 2.0**-20
"""Halved again and again, the room between two ranks would end after some fifty moves to one place."""


def place_between(row: BookExample, *, after: BookExample | None, before: BookExample | None) -> None:
    """Give an item a rank between two of its kind; None: first, or last. All of the kind are ranked anew where needed.

    The book of the site must be locked. The item is not saved; the others are.
    """
    if after is not None and before is not None and before.rank - after.rank < 2 * LEAST_GAP:
        _rank_anew(row)
        after.refresh_from_db(fields=["rank"])
        before.refresh_from_db(fields=["rank"])
    low, high = (one.rank if one is not None else None for one in (after, before))
    if low is None:
        row.rank = 0.0 if high is None else high - 1.0
    else:
        row.rank = low + 1.0 if high is None else (low + high) / 2


def _rank_anew(row: BookExample) -> None:
    """Whole numbers, in the same order; what is taken out keeps its place, too."""
    alike = BookExample.objects.filter(site_id=row.site_id, defect_class_id=row.defect_class_id, kind=row.kind)
    ranked = list(alike.order_by("rank", "id"))
    for number, one in enumerate(ranked):
        one.rank = float(number)
    BookExample.objects.bulk_update(ranked, ["rank"])
