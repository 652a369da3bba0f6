"""A snapshot as a file in somebody's format."""

import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from tempfile import TemporaryFile
from typing import BinaryIO, cast
from uuid import UUID

from annotations.models import DatasetSnapshot
from core import image_store
from domain.datasets.formats import CHUNKED, FOLDERS, Format, coco
from domain.datasets.manifest import header_of, images_of
from domain.datasets.records import Header, ImageRecord
from inspection.models import InspectionImage

SUFFIXES = {Format.COCO: ".json", Format.LABEL_STUDIO: ".json", Format.CSV: ".csv", Format.JSONL: ".jsonl"}
MEDIA_TYPES = {
    ".json": "application/json",
    ".csv": "text/csv",
    ".jsonl": "application/jsonl",
    ".zip": "application/zip",
}
NAMES = {Format.COCO: "annotations.json", Format.LABEL_STUDIO: "tasks.json", Format.CSV: "labels.csv",
         Format.JSONL: "manifest.jsonl"}  # fmt: skip
MOST_IMAGE_BYTES = 2 * 2**30
"""An archive with images may hold so much; a data set with more goes out with the addresses of its images."""
_FOLDERS_OF_IMAGES = {Format.VOC: "JPEGImages", Format.YOLO: "images/{split}"}
_YOLO_SPLITS = {"train": "train", "validation": "val", "test": "test"}
# `api:image_file`: to look an address up, a worker would load every view there is first.
LINKS = "/api/v1/images/{image}/file/"
# The same content gives the same file, whenever it is made.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_AT_ONCE = 500

Note = Callable[[], None]


def suffix_of(format: Format, *, with_images: bool) -> str:
    return ".zip" if with_images or format in FOLDERS else SUFFIXES[format]


def write_export(snapshot: DatasetSnapshot, *, format: Format, with_images: bool, out: BinaryIO, note: Note) -> None:
    """Write a snapshot that is ready.

    Args:
        note: called with every image.
    """
    with image_store.opened(snapshot.manifest_key) as manifest:
        header = header_of(manifest.readline())
        records = _noted(images_of(manifest), note)
        if suffix_of(format, with_images=with_images) != ".zip":
            _write_one(records, header=header, format=format, out=out)
            return
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            if format in FOLDERS:
                for name, data in FOLDERS[format](records, header=header, links=LINKS):
                    archive.writestr(_packed(name), data)
            else:
                with archive.open(_packed(NAMES[format]), "w", force_zip64=True) as inside:
                    if format is Format.JSONL:
                        manifest.seek(0)
                        shutil.copyfileobj(manifest, inside)
                    else:
                        _write_one(records, header=header, format=format, out=cast(BinaryIO, inside))
            if with_images:
                _add_images(archive, snapshot, format=format, note=note)


def bytes_of_images(snapshot: DatasetSnapshot) -> int:
    """How much the files of all images are together."""
    with image_store.opened(snapshot.manifest_key) as manifest:
        return sum(image.bytes for _, image in _images_with_rows(images_of(manifest)))


def _write_one(records: Iterable[ImageRecord], *, header: Header, format: Format, out: BinaryIO) -> None:
    if format is Format.COCO:
        with TemporaryFile() as spare:
            coco.write(records, header=header, links=LINKS, out=out, spare=spare)
    else:
        for chunk in CHUNKED[format](records, header=header, links=LINKS):
            out.write(chunk)


def _packed(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _add_images(archive: zipfile.ZipFile, snapshot: DatasetSnapshot, *, format: Format, note: Note) -> None:
    folder = _FOLDERS_OF_IMAGES.get(format, "images")
    with image_store.opened(snapshot.manifest_key) as manifest:
        for record, image in _images_with_rows(images_of(manifest)):
            name = f"{folder.format(split=_YOLO_SPLITS[record.split])}/{record.export_name}"
            # Pictures are packed already.
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), image_store.get_or_bring_back(image.store_key))
            note()


def _images_with_rows(records: Iterable[ImageRecord]) -> Iterator[tuple[ImageRecord, InspectionImage]]:
    waiting: list[ImageRecord] = []
    for record in records:
        waiting.append(record)
        if len(waiting) == _AT_ONCE:
            yield from _looked_up(waiting)
            waiting = []
    yield from _looked_up(waiting)


def _looked_up(records: list[ImageRecord]) -> Iterator[tuple[ImageRecord, InspectionImage]]:
    rows = InspectionImage.objects.only("store_key", "bytes").in_bulk([UUID(record.image) for record in records])
    return ((record, rows[UUID(record.image)]) for record in records)


def _noted(records: Iterable[ImageRecord], note: Note) -> Iterator[ImageRecord]:
    for record in records:
        yield record
        note()
