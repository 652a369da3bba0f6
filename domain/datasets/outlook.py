"""What a snapshot would hold, and what whoever trains on it would regret, before it is frozen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.datasets.split import SPLITS, Candidate, LotCounts, split_lots, without_duplicates

FAR_FROM_SHARE = 0.1
"""A split whose share of the images is so far from what was wanted is worth a word."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """An image that would belong to a snapshot.

    Attributes:
        is_complete: everything the standing run found on it is settled.
        classes: defects that people said are on it.
    """

    candidate: Candidate
    is_complete: bool
    classes: Counter[str]


@dataclass
class Outlook:
    """What a snapshot would hold, by split where that says something.

    Attributes:
        objects: defects as they are said; what two runs of an image say of one place is counted once when it is frozen.
        complete: images on which nothing waits for a word.
        warnings: `code`, `text`, and `classes` they are about, the gravest first.
    """

    images: Counter[str] = field(default_factory=Counter)
    lots: Counter[str] = field(default_factory=Counter)
    objects: Counter[str] = field(default_factory=Counter)
    complete: Counter[str] = field(default_factory=Counter)
    classes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    duplicates: int = 0
    warnings: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "images": dict(self.images),
            "lots": dict(self.lots),
            "objects": dict(self.objects),
            "complete": dict(self.complete),
            "classes": {split: dict(sorted(counts.items())) for split, counts in self.classes.items() if counts},
            "duplicates": self.duplicates,
            "warnings": self.warnings,
        }


def outlook_of(prospects: Iterable[Prospect], *, shares: Sequence[float], seed: int, classes: Sequence[str]) -> Outlook:
    """Leave out what is there twice, deal the lots out as a snapshot would, count, and warn.

    Args:
        shares: of train, validation and test; they sum to 1.
        classes: codes that ought to be there.
    """
    by_image = {one.candidate.image: one for one in prospects}
    stay, gone = without_duplicates(one.candidate for one in by_image.values())
    lots: dict[str, LotCounts] = defaultdict(LotCounts)
    for one in stay:
        lots[one.lot].images += 1
        lots[one.lot].by_class.update(by_image[one.image].classes)
    placed = split_lots(lots, shares=shares, seed=seed)
    found = Outlook(duplicates=len(gone))
    found.lots.update(split.value for split in placed.values())
    for one in stay:
        split, prospect = placed[one.lot].value, by_image[one.image]
        found.images[split] += 1
        found.complete[split] += prospect.is_complete
        found.objects[split] += prospect.classes.total()
        found.classes[split].update(prospect.classes)
    found.warnings = list(_warnings(found, shares=shares, classes=classes))
    return found


def _warnings(found: Outlook, *, shares: Sequence[float], classes: Sequence[str]) -> Iterable[dict[str, Any]]:
    wanted = [split.value for split, share in zip(SPLITS, shares, strict=True) if share > 0]
    images, lots = found.images.total(), found.lots.total()
    if not images:
        yield {"code": "nothing", "text": "Nothing that fits this choice has been settled yet."}
        return
    if lots < len(wanted):
        yield {
            "code": "few_lots",
            "text": f"There {'is 1 lot' if lots == 1 else f'are {lots} lots'} for {len(wanted)} splits, and a lot goes "
            "to one split as a whole: a split stays empty.",
        }
    everywhere: Counter[str] = sum(found.classes.values(), Counter())
    for split in wanted:
        missing = [code for code in sorted(everywhere) if not found.classes[split][code]]
        if missing and found.images[split]:
            yield {
                "code": "class_missing",
                "text": f"{split.capitalize()} has none of: {', '.join(missing)}. More lots with them, or another seed,"
                " may help.",
                "split": split,
                "classes": missing,
            }
    yield from _unequal(found, wanted=dict(zip(wanted, (share for share in shares if share > 0), strict=True)))
    unseen = sorted(set(classes) - set(everywhere))
    if unseen:
        yield {
            "code": "class_unseen",
            "text": f"Nowhere in it: {', '.join(unseen)}. A model that learns from it does not know them.",
            "classes": unseen,
        }
    partly = images - found.complete.total()
    if partly:
        yield {
            "code": "incomplete",
            "text": f"On {partly} of {images} images something that the model found waits for a word. Those places "
            "would be learned as background.",
        }


def _unequal(found: Outlook, *, wanted: dict[str, float]) -> Iterable[dict[str, Any]]:
    images = found.images.total()
    for split, share in wanted.items():
        got = found.images[split] / images
        if found.images[split] and abs(got - share) > FAR_FROM_SHARE:
            yield {
                "code": "share_missed",
                "text": f"{split.capitalize()} would have {got:.0%} of the images instead of {share:.0%}: whole lots do"
                " not divide better.",
                "split": split,
            }
