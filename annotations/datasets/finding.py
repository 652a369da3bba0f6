"""Which images here a file's labels are about."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Site
from domain.datasets.labels import Fault, LabelledImage

_UPLOAD_PREFIX = 9
_SUFFIX = re.compile(r"[.][^.]*\Z")
_MOST_ALIKE = 200

# Each part is answered by an index of its own; OR between them would read every image of the site. A name is looked for
# without its suffix, because some formats leave it away; which of those found is meant is told apart afterwards.
_FIND = """
SELECT image.id, image.sha256, image.external_id, image.file_name, image.width_px, image.height_px, image.wafer_id,
       (SELECT covered.run_id FROM run_image covered JOIN inspection_run run ON run.id = covered.run_id
        WHERE covered.image_id = image.id AND run.counts ORDER BY run.state = 'done' DESC, run.id DESC LIMIT 1)
FROM inspection_image image
WHERE image.id IN (
    SELECT id FROM inspection_image WHERE site_id = %(site)s AND sha256 = ANY(%(digests)s)
    UNION
    SELECT id FROM inspection_image
    WHERE site_id = %(site)s AND external_id IS NOT NULL AND external_id = ANY(%(external)s)
    UNION
    -- More than one is a fault already; a tool that gives all its images one name has millions.
    SELECT alike.id FROM unnest(%(stems)s::text[]) stem CROSS JOIN LATERAL (
        SELECT id FROM inspection_image
        WHERE site_id = %(site)s AND file_name <> '' AND regexp_replace(file_name, '[.][^.]*$', '') = stem
        LIMIT %(most)s
    ) alike)
"""
# Of how many names are alike nothing is known to a planner, which would rather read every image than ask so often. It
# holds for the transaction that it is said in.
_BY_INDEX = "SELECT set_config('enable_seqscan', %s, true)"


@dataclass(frozen=True, slots=True)
class Place:
    """An image here."""

    image: UUID
    width_px: int
    height_px: int
    wafer: UUID
    run: UUID | None


def rows_of(images: Sequence[LabelledImage], *, site: Site) -> list[tuple[Any, ...]]:
    """Images of a site that some of a file may be about."""
    names = {name for image in images for name in _names_of(image)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BY_INDEX, ["off"])
        cursor.execute(
            _FIND,
            {
                "site": site.pk,
                "digests": [image.sha256 for image in images if image.sha256],
                "external": [image.external_id for image in images if image.external_id],
                "stems": sorted({_SUFFIX.sub("", name) for name in names}),
                "most": _MOST_ALIKE,
            },
        )
        rows = cursor.fetchall()
        cursor.execute(_BY_INDEX, ["on"])
        return rows


def _names_of(image: LabelledImage) -> list[str]:
    """The names its file may have here. Label Studio puts eight digits and a hyphen before those of uploads."""
    name = image.file_name
    if not name:
        return []
    prefix, rest = name[: _UPLOAD_PREFIX - 1], name[_UPLOAD_PREFIX:]
    is_prefixed = name[_UPLOAD_PREFIX - 1 : _UPLOAD_PREFIX] == "-" and all(one in "0123456789abcdef" for one in prefix)
    return [name, rest] if is_prefixed and rest else [name]


class Index:
    """Images by what a file may call them."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._digests: dict[str, list[Place]] = defaultdict(list)
        self._external: dict[str, list[Place]] = defaultdict(list)
        self._names: dict[str, list[Place]] = defaultdict(list)
        for key, sha256, external_id, name, width_px, height_px, wafer, run in rows:
            place = Place(key, width_px, height_px, wafer, run)
            self._digests[sha256].append(place)
            if external_id:
                self._external[external_id].append(place)
            if name:
                self._names[name].append(place)
                stem = name.rpartition(".")[0]
                if stem:
                    self._names[stem].append(place)

    def place_of(self, image: LabelledImage) -> Place | Fault:
        """The one image here that is meant: by its digest, else its external id, else the name of its file."""
        looks = [
            (self._digests, [image.sha256]),
            (self._external, [image.external_id]),
            (self._names, _names_of(image)),
        ]
        for index, keys in looks:
            places = [place for key in keys if key for place in index.get(key, ())]
            if len(places) > 1:
                what = f"{len(places)} images here fit it."
                return Fault(image.where, what, "Name the digest of the file, or the image's external_id.")
            if places:
                return self._checked(image, places[0])
        named = image.file_name or image.external_id or image.sha256
        return Fault(image.where, f"There is no image {named[:80]} at this site.", "Upload it first.")

    @staticmethod
    def _checked(image: LabelledImage, place: Place) -> Place | Fault:
        said = (image.width_px, image.height_px)
        if all(said) and said != (place.width_px, place.height_px):
            here = f"{place.width_px} x {place.height_px}"
            return Fault(
                image.where, f"It says {said[0]} x {said[1]} pixels, here are {here}.", "Label the same image."
            )
        if place.run is None:
            return Fault(image.where, "The image has never been inspected.", "Have it inspected first.")
        return place
