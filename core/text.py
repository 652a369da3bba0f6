"""Text from outside: what may stand in a name that people read."""

import unicodedata

# Marks that reorder text on screen make two names look the same.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSHOWABLE = frozenset({"Cc", "Cs", "Co", "Cn"})


def normalised(text: str) -> str:
    """NFC, without spaces at the ends."""
    return unicodedata.normalize("NFC", text).strip()


def has_unshowable(text: str) -> bool:
    """Whether there are control, bidi, unassigned or unpaired surrogate characters in it."""
    return any(_is_unshowable(character) for character in text)


def without_unshowable(text: str) -> str:
    """The same without them, for texts that are not worth refusing."""
    return "".join(character for character in text if not _is_unshowable(character))


def _is_unshowable(character: str) -> bool:
    return character in _BIDI or unicodedata.category(character) in _UNSHOWABLE
