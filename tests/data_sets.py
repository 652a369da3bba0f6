"""Records as a snapshot would have them, for examples and for hypothesis."""

import hashlib
import io
import zipfile

from hypothesis import strategies as st

from domain.datasets.formats import FOLDERS, Format, coco, label_studio, table
from domain.datasets.records import DefectObject, Header, ImageRecord, Split
from domain.shapes.measure import bbox_of
from domain.shapes.said import read

HEADER = Header(site="fab", classes=("particle", "pit", "scratch"), seed=7, shares=(0.7, 0.15, 0.15))
LINKS = "/api/v1/images/{image}/file/"


def digest(text):
    return hashlib.sha256(str(text).encode()).hexdigest()


def image_key(number):
    return f"0192f000-0000-7000-8000-{number:012x}"


def make_object(code="scratch", box=(1.0, 2.0, 3.0, 4.0), *, number=1, **values):
    task = f"0192f000-0000-7000-9000-{number:012x}"
    return DefectObject(**{
        "class_code": code, "bbox_px": box, "task": task, "annotation": 1, "author": "ann", "stage": "accepted",
        **values,
    })  # fmt: skip


def make_record(number=1, **values):
    return ImageRecord(**{
        "image": image_key(number), "sha256": digest(number), "pixel_sha256": digest(f"p{number}"), "width_px": 640,
        "height_px": 480, "format": "png", "file_name": f"{number}.png", "site": "fab", "lot": "L1", "wafer": "W1",
        "layer": "M1", "tool": "T1", "product": "P1", "split": Split.TRAIN, "objects": (make_object(),),
        "nuisances": (), "is_complete": True, **values,
    })  # fmt: skip


# Names as the house lets them in: everything that can be shown.
labels = st.text(
    st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")), min_size=1, max_size=20
) | st.sampled_from(["=1+1", "+A", "-B", "@x", "'=x", "''-", "'", 'a"b', "a,b", "<&>]]>"])


@st.composite
def boxes(draw, *, width_px=640, height_px=480):
    left, top = draw(st.floats(0, width_px - 2)), draw(st.floats(0, height_px - 2))
    return (left, top, draw(st.floats(1, width_px - left)), draw(st.floats(1, height_px - top)))


SHAPES = [
    {"kind": "rotated", "center_px": [200.5, 120.0], "size_px": [60.0, 20.0], "angle_deg": 33.0},
    {"kind": "rotated", "center_px": [2.0, 120.0], "size_px": [60.0, 20.0], "angle_deg": -60.0},
    {"kind": "polygon", "points_px": [[10.0, 10.0], [60.5, 12.25], [40.125, 80.0]]},
    {"kind": "polygon", "points_px": [[10.0, 10.0], [30.0, 10.0], [30.0, 40.0], [10.0, 40.0]]},
    {"kind": "mask", "bbox_px": [4, 5, 2, 3], "counts": [1, 4, 1]},
    {"kind": "mask", "bbox_px": [0, 0, 3, 3], "counts": [0, 4, 1, 4]},
    {"kind": "mask", "bbox_px": [637, 477, 3, 3], "counts": [0, 9]},
    {"kind": "point", "at_px": [7.25, 8.5]},
    {"kind": "tag"},
]


def make_shaped(said, *, number=1, code="pit"):
    """An object that was drawn as something beside a box."""
    shape = read(said)
    return make_object(code, bbox_of(shape, width_px=640, height_px=480), number=number, shape=shape)


@st.composite
def records(draw, most=6):
    return [
        make_record(
            number,
            file_name=draw(labels),
            lot=draw(labels),
            wafer=draw(labels),
            tool=draw(labels | st.just("")),
            split=draw(st.sampled_from(Split)),
            format=draw(st.sampled_from(["png", "jpeg", "tiff"])),
            is_complete=draw(st.booleans()),
            objects=tuple(
                make_object(draw(st.sampled_from(HEADER.classes)), draw(boxes()), number=100 * number + at)
                if draw(st.booleans())
                else make_shaped(draw(st.sampled_from(SHAPES)), number=100 * number + at)
                for at in range(draw(st.integers(0, 4)))
            ),
            nuisances=tuple(draw(st.lists(boxes(), max_size=2))),
        )
        for number in range(1, draw(st.integers(0, most)) + 1)
    ]


def some_records():
    """Three images: two defects, one nuisance, nothing."""
    return [
        make_record(1, objects=(make_object(), make_object("pit", (10.5, 20.25, 30.0, 40.0), number=2))),
        make_record(2, split=Split.VALIDATION, lot="L2", objects=(), nuisances=((5.0, 6.0, 7.0, 8.0),)),
        make_record(3, split=Split.TEST, lot="L3", objects=(), format="jpeg"),
    ]


def written(images, format):
    """The images in one of the formats."""
    if format is Format.COCO:
        out, spare = io.BytesIO(), io.BytesIO()
        coco.write(images, header=HEADER, links=LINKS, out=out, spare=spare)
        return out.getvalue()
    if format in FOLDERS:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, data in FOLDERS[format](images, header=HEADER, links=LINKS):
                archive.writestr(name, data)
        return packed.getvalue()
    chunks = {Format.CSV: table.chunks, Format.LABEL_STUDIO: label_studio.chunks}[format]
    return b"".join(chunks(images, header=HEADER, links=LINKS))
