"""Text that people read: what may stand in a name from outside, and how sizes are written."""

import unicodedata

# Marks that reorder text on screen or take no room there (Cf) make two names look the same.
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Of these, some scripts cannot be written without the joiners.
_JOINERS = frozenset("\u200c\u200d")


def normalised(text: str) -> str:
    """NFC, without spaces at the ends."""
    return unicodedata.normalize("NFC", text).strip()


def has_unshowable(text: str) -> bool:
    """Whether there are control, bidi, invisible, unassigned or unpaired surrogate characters in it."""
    return any(_is_unshowable(character) for character in text)


def without_unshowable(text: str) -> str:
    """The same without them, for texts that are not worth refusing."""
    return "".join(character for character in text if not _is_unshowable(character))


def size_text(count: int) -> str:
    """A limit in bytes as people write it: 64 MiB, 512 KiB."""
    mebibytes = count / 2**20
    return f"{mebibytes:,.0f} MiB" if mebibytes >= 1 else f"{count / 2**10:,.0f} KiB"


def _is_unshowable(character: str) -> bool:
    return unicodedata.category(character) in _UNSHOWABLE and character not in _JOINERS
