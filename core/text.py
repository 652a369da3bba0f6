"""Text that people read: what may stand in a name from outside, and how sizes are written."""

import unicodedata

# Marks that reorder text on screen or take no room there (Cf) make two names look the same, as do spaces of all widths.
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
# Of these, some scripts cannot be written without the joiners, and hardly any without the one space.
_NEEDED = frozenset("\u200c\u200d ")
# Stands where bytes could not be read: many names would become this one.
_UNREAD = "\ufffd"


def normalised(text: str) -> str:
    """NFC, without spaces at the ends."""
    return unicodedata.normalize("NFC", text).strip()


def has_unshowable(text: str) -> bool:
    """Whether there are control, bidi, invisible, unassigned or unread characters in it, or spaces but the plain."""
    return any(_is_unshowable(character) for character in text)


def without_unshowable(text: str) -> str:
    """The same without them and with plain spaces, for texts that are not worth refusing."""
    spaced = (" " if unicodedata.category(character) == "Zs" else character for character in text)
    return "".join(character for character in spaced if not _is_unshowable(character))


def size_text(count: int) -> str:
    """A limit in bytes as people write it: 64 MiB, 512 KiB."""
    mebibytes = count / 2**20
    return f"{mebibytes:,.0f} MiB" if mebibytes >= 1 else f"{count / 2**10:,.0f} KiB"


def _is_unshowable(character: str) -> bool:
    if character == _UNREAD:
        return True
    return unicodedata.category(character) in _UNSHOWABLE and character not in _NEEDED
