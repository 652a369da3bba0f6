"""Which images learn, which tune and which judge: whole lots, so that no wafer's neighbours are on both sides."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.datasets.records import Duplicate, Split

SPLITS = (Split.TRAIN, Split.VALIDATION, Split.TEST)
_MOST_ORDERS = 32
_LOTS_OF_ALL_ORDERS = 20_000
# Counted beside the classes, so that lots without any defect are spread, too.
_IMAGES = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that may become part of a snapshot.

    Attributes:
        words: how many things people have settled on it.
    """

    image: str
    lot: str
    pixel_sha256: str
    words: int = 0


@dataclass
class LotCounts:
    """What a lot brings: images, and defects by class."""

    images: int = 0
    by_class: Counter[str] = field(default_factory=Counter)


class Leak(ValueError):
    """Something is in two splits at once."""


def without_duplicates(candidates: Iterable[Candidate]) -> tuple[list[Candidate], list[Duplicate]]:
    """One image of each picture: the one people have said most about, of those the one with the smallest key.

    Returns:
        Those that stay and those that are left out, both in the order of their keys.
    """
    best: dict[str, Candidate] = {}
    everything = list(candidates)
    for one in everything:
        known = best.get(one.pixel_sha256)
        if known is None or (-one.words, one.image) < (-known.words, known.image):
            best[one.pixel_sha256] = one
    stay = sorted(best.values(), key=lambda one: one.image)
    gone = [
        Duplicate(image=one.image, of=best[one.pixel_sha256].image)
        for one in everything
        if best[one.pixel_sha256].image != one.image
    ]
    return stay, sorted(gone, key=lambda one: one.image)


def split_lots(lots: Mapping[str, LotCounts], *, shares: Sequence[float], seed: int) -> dict[str, Split]:
    """Give every lot to one split, so that each class, and the images, come as near to their shares as lots allow.

    Iterative stratification over lots: the class that the fewest lots still bring is dealt out first, each of its lots
    to the split that lacks most of it. The order in which lots come follows from the seed; of several orders the one
    whose outcome is nearest to the shares is taken. As long as there are lots enough, no split with a share is empty.

    Args:
        shares: of train, validation and test; they sum to 1.

    Raises:
        ValueError: shares that are none.

    Source:
        Sechidis, Tsoumakas, Vlahavas: On the Stratification of Multi-Label Data (2011), with lots for examples.
    """
    if len(shares) != len(SPLITS) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"want three shares that sum to 1, got {list(shares)}")
    labels = {name: _labels_of(counts) for name, counts in lots.items()}
    orders = max(1, min(_MOST_ORDERS, _LOTS_OF_ALL_ORDERS // max(1, len(lots))))
    outcomes = []
    for number in range(orders):
        order = sorted(lots, key=lambda name, number=number: _dice(seed, number, name))  # type: ignore[misc]
        dealt = _dealt(order, labels, shares=shares)
        _fill_empty(dealt, labels, shares=shares)
        outcomes.append((_distance(dealt, labels, shares=shares), number, dealt))
    return dict(sorted(min(outcomes, key=lambda outcome: outcome[:2])[2].items()))


def check_no_leak(placed: Iterable[tuple[str, str, Split]]) -> dict[str, int]:
    """Prove of what was written that no lot and no picture is in two splits.

    Args:
        placed: lot, pixel digest and split of every image.

    Returns:
        How many `lots` and `pictures` were looked at.

    Raises:
        Leak: naming what is.
    """
    lots: dict[str, Split] = {}
    pictures: dict[bytes, Split] = {}
    for lot, pixel_sha256, split in placed:
        if lots.setdefault(lot, split) is not split:
            raise Leak(f"Lot {lot} is in {lots[lot]} and in {split}.")
        if pictures.setdefault(bytes.fromhex(pixel_sha256), split) is not split:
            raise Leak(f"The picture {pixel_sha256} is in two splits.")
    return {"lots": len(lots), "pictures": len(pictures)}


def _labels_of(counts: LotCounts) -> dict[str, int]:
    return {**{name: count for name, count in counts.by_class.items() if count}, _IMAGES: counts.images}


def _dice(seed: int, number: int, lot: str) -> bytes:
    return hashlib.sha256(f"{seed}\x00{number}\x00{lot}".encode()).digest()


def _dealt(order: Sequence[str], labels: Mapping[str, dict[str, int]], *, shares: Sequence[float]) -> dict[str, Split]:
    bringing: dict[str, list[str]] = defaultdict(list)
    total: Counter[str] = Counter()
    for lot in order:
        for label, count in labels[lot].items():
            bringing[label].append(lot)
            total[label] += count
    lacking = {label: [share * total[label] for share in shares] for label in total}
    open_splits = [at for at, share in enumerate(shares) if share > 0]
    dealt: dict[str, Split] = {}
    # Rarest first; dealing a class out changes how many lots bring another, but hardly which is rarer.
    for label in sorted(bringing, key=lambda label: (label == _IMAGES, len(bringing[label]), label)):
        for lot in bringing[label]:
            if lot in dealt:
                continue
            at = max(open_splits, key=lambda at: (lacking[label][at], lacking[_IMAGES][at], -at))
            dealt[lot] = SPLITS[at]
            for brought, count in labels[lot].items():
                lacking[brought][at] -= count
    return dealt


def _fill_empty(dealt: dict[str, Split], labels: Mapping[str, dict[str, int]], *, shares: Sequence[float]) -> None:
    """A split that is wanted and got nothing takes the smallest lot of the one with the most lots."""
    for at, share in enumerate(shares):
        if share <= 0 or SPLITS[at] in dealt.values():
            continue
        richest, count = Counter(dealt.values()).most_common(1)[0] if dealt else (None, 0)
        if count > 1:
            own = [lot for lot, split in dealt.items() if split is richest]
            dealt[min(own, key=lambda lot: (labels[lot][_IMAGES], lot))] = SPLITS[at]


def _distance(dealt: Mapping[str, Split], labels: Mapping[str, dict[str, int]], *, shares: Sequence[float]) -> float:
    """How far the classes are from their shares, all classes alike."""
    total: Counter[str] = Counter()
    got: Counter[tuple[str, Split]] = Counter()
    for lot, split in dealt.items():
        for label, count in labels[lot].items():
            total[label] += count
            got[label, split] += count
    return sum(
        abs(got[label, split] / total[label] - share)
        for label in total
        if total[label]
        for split, share in zip(SPLITS, shares, strict=True)
    )
