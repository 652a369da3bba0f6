"""Names people give to things: labels, never paths."""

from core.errors import Invalid
from core.text import has_unshowable, normalised, without_unshowable

LONGEST = 64
LONGEST_FILE_NAME = 255


def checked_label(text: str, *, field: str, longest: int = LONGEST) -> str:
    """`text` in NFC without surrounding spaces.

    Raises:
        Invalid: empty, too long, or with characters that cannot be shown.
    """
    label = normalised(text)
    if not label:
        raise Invalid(f"{field} is empty.", fields={field: ["Give it a name."]})
    if len(label) > longest:
        raise Invalid(f"{field} is too long.", fields={field: [f"At most {longest} characters."]})
    if has_unshowable(label):
        raise Invalid(
            f"{field} holds a character that cannot be shown.",
            fields={field: ["Letters, digits and punctuation only."]},
        )
    return label


def file_label(name: str) -> str:
    """The last part of an uploaded file's name, cleaned, for people to recognise it by."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return normalised(without_unshowable(last))[:LONGEST_FILE_NAME]
