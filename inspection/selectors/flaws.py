"""What is wrong with images of a run, in words for people. A run's summary keeps `flaws`, by image."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from domain.imaging.fitness import WORDS


def flaws_of_image(summary: Mapping[str, Any], image_id: object) -> list[dict[str, str]]:
    """Why a person has to look at one image of a run, whatever was found on it: code and words of each reason."""
    return [{"code": code, "text": _words(code)} for code in summary.get("flaws", {}).get(str(image_id), [])]


def flaws_in_words(flaws: Collection[Sequence[str]], *, images: int) -> str:
    """One line about all images of a wafer.

    Args:
        flaws: codes of each image that has any.
        images: how many there are.
    """
    text = " ".join(dict.fromkeys(_words(code) for codes in flaws for code in codes))
    return f"{len(flaws)} of {images} images: {text}" if text and images > 1 else text


def _words(code: str) -> str:
    return WORDS.get(code, code)
