"""Label Studio's JSON: a list of tasks, with regions in per cent of the image.

What it has no place for (nuisances, where an image comes from) stands in the task's `data`, which it keeps as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from domain.datasets.formats.json_stream import JsonText, member
from domain.datasets.formats.label_studio_shapes import CONTROL_OF, CONTROLS, TO_NAME, is_region, object_of, result_of
from domain.datasets.labels import (
    Fault,
    FaultFound,
    LabelledImage,
    Limits,
    Unit,
    box_of,
    digest_of,
    file_name_of,
    size_of,
    text_of,
)
from domain.datasets.records import Header, ImageRecord
from domain.shapes.kinds import Kind

_TASKS_AT_ONCE = 200
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def chunks(records: Iterable[ImageRecord], *, header: Header, links: str) -> Iterator[bytes]:
    """The file, in portions."""
    waiting: list[str] = []
    lead = "["
    for at, record in enumerate(records, start=1):
        waiting.append(_encode(_task(at, record, links)))
        if len(waiting) == _TASKS_AT_ONCE:
            yield (lead + ",\n".join(waiting)).encode()
            lead, waiting = ",\n", []
    yield (lead + ",\n".join(waiting) + "]\n").encode() if waiting or lead == "[" else b"]\n"


def label_config(header: Header, kinds: Iterable[Kind] = (Kind.BOX,)) -> str:
    """The labelling interface that the tasks belong to.

    Args:
        kinds: of shapes that there are. One that is not there is better left out: with a control for points, Label
            Studio's converter to COCO takes all classes for one.
    """
    used = {CONTROL_OF[kind] for kind in kinds}
    regions = "".join(
        f'<{tag} name="{name}" toName="{TO_NAME}">{"".join(_label(tag, code) for code in header.classes)}</{tag}>'
        for kind, (name, tag) in CONTROLS.items()
        if kind in used
    )
    return f'<View><Image name="{TO_NAME}" value="$image"/>{regions}</View>'


def _label(tag: str, code: str) -> str:
    return f'<Choice value="{code}"/>' if tag == "Choices" else f'<Label value="{code}"/>'


def read(file: BinaryIO, *, limits: Limits) -> Iterator[LabelledImage | Fault]:
    """Images in the order of the file. Of several annotations of one task the last that was not cancelled counts."""
    try:
        text = JsonText(file.read(limits.file_bytes))
        if text.is_object():
            raise FaultFound("$", "It is one object, no list.", "Export the project as JSON: a list of tasks.")
        boxes = 0
        for number, (where, task) in enumerate(text.items(where="$")):
            if number >= limits.images or boxes > limits.boxes:
                raise FaultFound(where, "There is more than is read at once.", "Send it in several files.")
            try:
                faults: list[Fault] = []
                image = _image(task, faults, where=where)
                boxes += len(image.objects)
                yield from faults
                yield image
            except FaultFound as found:
                yield found.fault
        text.end()
    except FaultFound as fatal:
        yield fatal.fault


def _image(task: Any, faults: list[Fault], *, where: str) -> LabelledImage:
    data = member(task, "data", where=where)
    address = member(data, "image", where=f"{where}.data")
    results, path = _results(task, where=where)
    size = _size(results, data, where=path)
    is_known = min(size) > 0
    objects = []
    for at, result in enumerate(results):
        if not is_region(result):
            continue
        try:
            objects.append(object_of(result, size if is_known else None, where=f"{path}[{at}]"))
        except FaultFound as found:
            faults.append(found.fault)
    nuisances = data.get("nuisances", []) if is_known else []
    if not isinstance(nuisances, list):
        raise FaultFound(f"{where}.data.nuisances", "A list of boxes is wanted.", "Or leave it out.")
    return LabelledImage(
        file_name=_file_name(address, data, where=f"{where}.data.image"),
        objects=tuple(objects),
        nuisances=tuple(box_of(box, where=f"{where}.data.nuisances[{at}]") for at, box in enumerate(nuisances)),
        sha256=digest_of(data.get("sha256", ""), where=f"{where}.data.sha256"),
        external_id=text_of(data.get("external_id", ""), where=f"{where}.data.external_id", longest=128),
        width_px=size[0],
        height_px=size[1],
        split=text_of(data.get("split", ""), where=f"{where}.data.split", longest=32),
        unit=Unit.PIXELS if is_known else Unit.SHARES,
        where=where,
    )


def _results(task: dict[str, Any], *, where: str) -> tuple[list[Any], str]:
    annotations = task.get("annotations", [])
    if not isinstance(annotations, list):
        raise FaultFound(f"{where}.annotations", "A list is wanted.", "Export with annotations.")
    for at in range(len(annotations) - 1, -1, -1):
        path = f"{where}.annotations[{at}]"
        result = member(annotations[at], "result", where=path)
        if not isinstance(result, list):
            raise FaultFound(f"{path}.result", "A list is wanted.", "Export with annotations.")
        if not annotations[at].get("was_cancelled"):
            return result, f"{path}.result"
    return [], f"{where}.annotations"


def _size(results: list[Any], data: dict[str, Any], *, where: str) -> tuple[int, int]:
    """How large the image is, as its rectangles say, or we did; 0 where nobody says."""
    for at, result in enumerate(results):
        if isinstance(result, dict) and "original_width" in result and "original_height" in result:
            path = f"{where}[{at}].original_width"
            return size_of(result["original_width"], where=path), size_of(result["original_height"], where=path)
    return size_of(data.get("width_px", 0), where=where), size_of(data.get("height_px", 0), where=where)


def _file_name(address: Any, data: dict[str, Any], *, where: str) -> str:
    if "file_name" in data:
        return file_name_of(data["file_name"], where=where)
    try:
        parts = urlsplit(text_of(address, where=where, longest=4096))
    except ValueError as fault:
        raise FaultFound(where, "It is no address.", "Name the image's file.") from fault
    # Local files are named in the query: /data/local-files/?d=folder/name.png
    return file_name_of(unquote(parts.query.rpartition("d=")[2] if "d=" in parts.query else parts.path), where=where)


def _task(at: int, record: ImageRecord, links: str) -> dict[str, Any]:
    return {
        "id": at,
        "data": {
            "image": links.format(image=record.image),
            "file_name": record.export_name,
            "image_id": record.image,
            "sha256": record.sha256,
            "pixel_sha256": record.pixel_sha256,
            "original_name": record.file_name,
            "width_px": record.width_px,
            "height_px": record.height_px,
            "site": record.site,
            "lot": record.lot,
            "wafer": record.wafer,
            "layer": record.layer,
            "tool": record.tool,
            "product": record.product,
            "split": record.split.value,
            "is_complete": record.is_complete,
            "nuisances": record.nuisances,
        },
        "annotations": [
            {
                "id": at,
                "was_cancelled": False,
                "ground_truth": False,
                "result": [result_of(number, one, record) for number, one in enumerate(record.objects)],
            }
        ],
    }
