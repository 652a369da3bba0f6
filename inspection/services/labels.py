"""Names people give to things: labels, never paths."""

import unicodedata

from core.errors import Invalid

LONGEST = 64
# Marks that reorder text on screen make two names look the same.
_BIDI = {*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}


def checked_label(text: str, *, field: str, longest: int = LONGEST) -> str:
    """`text` in NFC without surrounding spaces.

    Raises:
        Invalid: empty, too long, or with control, bidi or unpaired surrogate characters.
    """
    label = unicodedata.normalize("NFC", text).strip()
    if not label:
        raise Invalid(f"{field} is empty.", fields={field: ["Give it a name."]})
    if len(label) > longest:
        raise Invalid(f"{field} is too long.", fields={field: [f"At most {longest} characters."]})
    for character in label:
        if character in _BIDI or unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"}:
            raise Invalid(
                f"{field} holds a character that cannot be shown.",
                fields={field: ["Letters, digits and punctuation only."]},
            )
    return label


def file_label(name: str) -> str:
    """The last part of an uploaded file's name, cleaned, for people to recognise it by."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        c for c in unicodedata.normalize("NFC", last) if c not in _BIDI and unicodedata.category(c)[0] != "C"
    )
    return kept.strip()[:255]
