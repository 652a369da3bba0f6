"""What is written in other people's formats is read back, by us and by their own tools."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings

from domain.datasets.formats import Format, brush, coco_shapes, label_studio, read, says, table
from domain.datasets.labels import LabelledImage, Unit, labelled
from domain.datasets.statistics import counts_of
from domain.shapes.kinds import Mask, Point, Polygon, Rotated, Tag, Upright
from domain.shapes.outline import outline_of, recognised
from domain.shapes.raster import raster
from domain.shapes.said import read as read_shape
from tests.data_sets import (
    HEADER,
    SHAPES,
    digest,
    make_object,
    make_record,
    make_shaped,
    records,
    some_records,
    written,
)  # fmt: skip

# `label-studio-sdk` wants other versions of NumPy and OpenCV than ours, so it lives in an environment of its own:
# make setup-label-studio
LABEL_STUDIO_PYTHON = Path(__file__).parents[4] / "var" / "label-studio" / "bin" / "python"


def read_back(images, format):
    return list(read(io.BytesIO(written(images, format)), format=format))


def said_by(record, format):
    """What a format can say of a record."""
    said = labelled(record)
    if format not in (Format.YOLO, Format.VOC):
        return said
    kept = tuple(as_said(one, format) for one in said.objects if not isinstance(one.shape, Point | Tag))
    said = replace(said, objects=kept, nuisances=())
    return replace(said, file_name=record.stem, width_px=0, height_px=0) if format is Format.YOLO else said


def as_said(one, format):
    """An object as a format that cannot say all shapes has it: as a box, or as an outline."""
    if format is Format.VOC:
        return replace(one, shape=None)
    shape = Polygon(tuple(outline_of(one.shape)[0])) if isinstance(one.shape, Mask) else one.shape
    return replace(one, shape=None if isinstance(recognised(shape), Upright) else shape)


def in_pixels(image: LabelledImage):
    """What a file says in shares of an image, in pixels."""
    places = [(one, image.place_px(one, width_px=640, height_px=480)) for one in image.objects]
    objects = tuple(replace(one, bbox=box, shape=shape) for one, (box, shape) in places)
    return replace(image, objects=objects, unit=Unit.PIXELS)


def flat(image: LabelledImage):
    """The numbers of its boxes, and the rest of it but for where it stands."""
    numbers = [side for one in image.objects for side in one.bbox] + [side for box in image.nuisances for side in box]
    codes = [(one.class_code, one.shape) for one in image.objects]
    return numbers, (codes, replace(image, objects=(), nuisances=(), where=""))


@pytest.mark.parametrize("format", [one for one in Format if one is not Format.JSONL])
class TestRoundTrips:
    @settings(max_examples=40, deadline=None)
    @given(images=records())
    def test_lose_nothing_that_the_format_can_say(self, format, images):
        found = sorted(map(in_pixels, read_back(images, format)), key=lambda one: one.sha256)
        wanted = sorted((said_by(one, format) for one in images), key=lambda one: one.sha256)

        assert [flat(one)[1] for one in found] == [flat(one)[1] for one in wanted]
        for one, other in zip(found, wanted, strict=True):
            assert flat(one)[0] == pytest.approx(flat(other)[0], abs=1e-3)

    def test_of_nothing_give_nothing(self, format):
        assert read_back([], format) == []


class TestCoco:
    def test_is_read_by_pycocotools(self, tmp_path):
        pycocotools = pytest.importorskip("pycocotools.coco")
        (tmp_path / "coco.json").write_bytes(written(some_records(), Format.COCO))

        with redirect_stdout(io.StringIO()):
            found = pycocotools.COCO(str(tmp_path / "coco.json"))

        assert [one["name"] for one in found.loadCats(found.getCatIds())] == ["particle", "pit", "scratch"]
        (first, *_) = found.getImgIds()
        boxes = found.loadAnns(found.getAnnIds(imgIds=first))
        assert [(one["bbox"], one["area"], one["category_id"]) for one in boxes] == [
            ([1.0, 2.0, 3.0, 4.0], 12.0, 3), ([10.5, 20.25, 30.0, 40.0], 1200.0, 2),
        ]  # fmt: skip

    def test_has_outlines_and_pixels_as_pycocotools_reads_them(self, tmp_path):
        pycocotools = pytest.importorskip("pycocotools.coco")
        shaped = [make_shaped(said, number=at) for at, said in enumerate(SHAPES)]
        (tmp_path / "coco.json").write_bytes(written([make_record(objects=tuple(shaped))], Format.COCO))
        with redirect_stdout(io.StringIO()):
            found = pycocotools.COCO(str(tmp_path / "coco.json"))

        for one, theirs in zip(shaped, found.loadAnns(found.getAnnIds()), strict=True):
            if isinstance(one.shape, Mask):
                assert (found.annToMask(theirs) == raster(one.shape, (0, 0, 640, 480))).all()
            elif isinstance(one.shape, Polygon | Rotated):
                assert found.annToMask(theirs).sum() == pytest.approx(
                    raster(one.shape, (0, 0, 640, 480)).sum(), rel=0.15
                )

    @pytest.mark.parametrize(
        ("segmentation", "shape"),
        [
            ([[1, 1, 9, 1, 9, 9]], {"kind": "polygon", "points_px": [[1, 1], [9, 1], [9, 9]]}),
            ([[1, 1, 9, 1, 9, 9, 1, 9]], None),
            ([], None),
            ([[0, 0, 2, 0, 2, 2, 0, 2], [4, 0, 5, 0, 5, 2, 4, 2]], "mask"),
            ([[0, 0, 4, 4, 4, 0, 0, 4]], "mask"),
            ({"size": [480, 640], "counts": [480, 3, 640 * 480 - 483]}, "mask"),
        ],
        ids=["outline", "box", "nothing", "two parts", "crossing", "runs"],
    )
    def test_of_others_is_read_as_what_it_can_be_here(self, segmentation, shape):
        file = {
            "images": [{"id": 1, "file_name": "a.png", "width": 640, "height": 480}],
            "categories": [{"id": 1, "name": "pit"}],
            "annotations": [
                {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 8, 8], "segmentation": segmentation}
            ],
        }

        (image,) = read(io.BytesIO(json.dumps(file).encode()), format=Format.COCO)

        found = image.objects[0].shape
        assert found.kind == shape if isinstance(shape, str) else found == (shape and read_shape(shape))

    def test_with_packed_runs_is_read_as_pycocotools_wrote_it(self):
        codec = pytest.importorskip("pycocotools.mask")
        pixels = np.random.default_rng(3).random((48, 64)) > 0.6
        packed = codec.encode(np.asfortranarray(pixels.astype(np.uint8)))
        said = {"segmentation": {"size": [48, 64], "counts": packed["counts"].decode()}}

        assert (raster(coco_shapes.read(said, (64, 48), where="$"), (0, 0, 64, 48)) == pixels).all()

    def test_keeps_where_every_object_was_said(self):
        said = json.loads(written(some_records(), Format.COCO))

        assert said["annotations"][0]["task"] == make_object().task
        assert said["images"][1]["nuisances"] == [[5.0, 6.0, 7.0, 8.0]]


class TestVoc:
    def test_is_xml_with_the_usual_names(self):
        with zipfile.ZipFile(io.BytesIO(written(some_records(), Format.VOC))) as archive:
            tree = ElementTree.fromstring(archive.read(f"Annotations/{digest(1)}.xml"))
            assert archive.read("ImageSets/Main/val.txt").decode() == f"{digest(2)}\n"

        assert [one.text for one in tree.iterfind("object/name")] == ["scratch", "pit"]
        assert [float(one.text) for one in tree.find("object/bndbox")] == [1.0, 2.0, 4.0, 6.0]
        assert tree.findtext("filename") == f"{digest(1)}.png"


class TestYolo:
    def test_has_centres_as_shares_and_names_that_yaml_reads(self):
        yaml = pytest.importorskip("yaml")
        with zipfile.ZipFile(io.BytesIO(written(some_records(), Format.YOLO))) as archive:
            data = yaml.safe_load(archive.read("data.yaml"))
            label = archive.read(f"labels/train/{digest(1)}.txt").decode()

        assert data["names"] == {0: "particle", 1: "pit", 2: "scratch"}
        assert data["val"] == "images/val"
        assert label.split()[:5] == ["2", "0.00390625", repr(4 / 480), "0.0046875", repr(4 / 480)]


class TestWhatAFormatCannotSay:
    @pytest.mark.parametrize(("format", "lines"), [(Format.VOC, 5), (Format.YOLO, 3), (Format.COCO, 0)])
    def test_is_told(self, format, lines):
        record = make_record(objects=tuple(make_shaped(said, number=at) for at, said in enumerate(SHAPES)))
        counts = counts_of([record])["shapes"]

        told = says.losses(format, counts)

        assert len(told) == lines
        if told:
            with zipfile.ZipFile(io.BytesIO(written([record], format))) as archive:
                assert archive.read("README.txt") == says.readme(format, counts)
            assert f"{counts['mask']} drawn as mask: " in says.readme(format, counts).decode()


class TestCsv:
    def test_has_no_cell_that_a_spreadsheet_takes_for_a_formula(self):
        record = make_record(1, file_name="=HYPERLINK(1)", lot="+L", wafer="-W", tool="@T", site="'=x")
        rows = csv.reader(io.StringIO(written([record], Format.CSV).decode(), newline=""))

        assert [cell for row in rows for cell in row if cell.startswith(table.DANGEROUS)] == []

    def test_has_a_line_for_every_box_and_one_for_an_image_without_any(self):
        rows = list(csv.DictReader(io.StringIO(written(some_records(), Format.CSV).decode(), newline="")))

        assert [row["kind"] for row in rows] == ["defect", "defect", "nuisance", "none"]


class TestLabelStudio:
    CONVERT = """
import json, sys
from label_studio_sdk.converter import Converter
config, source, out = sys.argv[1:]
converter = Converter(config, project_dir=None, download_resources=False)
converter.convert_to_coco(source, out, is_dir=False)
"""

    UNPACK = """
import json, sys
from label_studio_sdk.converter.brush import decode_rle
for packed in json.loads(sys.argv[1]):
    pixels = decode_rle(packed).reshape(480, 640, 4)[:, :, 3]
    print(json.dumps([[int(x), int(y)] for y, x in zip(*pixels.nonzero())]))
"""

    def test_paints_what_its_own_converter_unpacks(self, tmp_path):
        if not LABEL_STUDIO_PYTHON.exists():
            pytest.skip("Label Studio's converter is not installed: make setup-label-studio")
        masks = [read_shape(said) for said in SHAPES if said["kind"] == "mask"]
        packed = json.dumps([brush.packed(mask, width_px=640, height_px=480) for mask in masks])

        done = subprocess.run(
            [LABEL_STUDIO_PYTHON, "-c", self.UNPACK, packed],
            check=True, capture_output=True, timeout=120, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        )  # fmt: skip

        for mask, line in zip(masks, done.stdout.decode().splitlines(), strict=True):
            painted = np.argwhere(raster(mask, (0, 0, 640, 480)))
            assert json.loads(line) == [[int(x), int(y)] for y, x in painted]

    def test_is_read_by_its_own_converter(self, tmp_path):
        if not LABEL_STUDIO_PYTHON.exists():
            pytest.skip("Label Studio's converter is not installed: make setup-label-studio")
        source, out = tmp_path / "tasks.json", tmp_path / "out"
        source.write_bytes(written(some_records(), Format.LABEL_STUDIO))

        subprocess.run(
            [LABEL_STUDIO_PYTHON, "-c", self.CONVERT, label_studio.label_config(HEADER), source, out],
            check=True, capture_output=True, timeout=120, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        )  # fmt: skip

        converted = json.loads((out / "result.json").read_text())
        names = {one["id"]: one["name"] for one in converted["categories"]}
        assert [(names[one["category_id"]], one["bbox"]) for one in converted["annotations"]] == [
            ("scratch", pytest.approx([1.0, 2.0, 3.0, 4.0])), ("pit", pytest.approx([10.5, 20.25, 30.0, 40.0])),
        ]  # fmt: skip

    def test_counts_the_last_annotation_that_was_not_cancelled(self):
        tasks = json.loads(written(some_records()[:1], Format.LABEL_STUDIO))
        (first,) = tasks[0]["annotations"]
        tasks[0]["annotations"] = [{**first, "result": []}, first, {**first, "was_cancelled": True, "result": []}]

        (image,) = read(io.BytesIO(json.dumps(tasks).encode()), format=Format.LABEL_STUDIO)

        assert [one.class_code for one in image.objects] == ["scratch", "pit"]

    @pytest.mark.parametrize(
        ("address", "name"),
        [
            ("https://host/bucket/a%20b.png?token=1", "a b.png"),
            ("/data/local-files/?d=folder/a.png", "a.png"),
            ("s3://bucket/folder/a.png", "a.png"),
            ("a.png", "a.png"),
        ],
    )
    def test_finds_the_file_name_in_the_address(self, address, name):
        task = [{"data": {"image": address}, "annotations": []}]

        (image,) = read(io.BytesIO(json.dumps(task).encode()), format=Format.LABEL_STUDIO)

        assert image.file_name == name


def test_memory_does_not_grow_with_the_number_of_images():
    """Ten times the images, about the same peak: in a process of its own, where nothing else allocates."""
    program = """
import io, sys, tracemalloc
from domain.datasets.formats import coco, label_studio, table
from tests.data_sets import HEADER, LINKS, make_record
class Nowhere(io.RawIOBase):
    def write(self, data): return len(data)
    def read(self, size=-1): return b""
    def seek(self, *_): return 0
def peak(count):
    tracemalloc.start()
    coco.write(map(make_record, range(count)), header=HEADER, links=LINKS, out=Nowhere(), spare=Nowhere())
    for chunks in (table.chunks, label_studio.chunks):
        for _ in chunks(map(make_record, range(count)), header=HEADER, links=LINKS): pass
    return tracemalloc.get_traced_memory()[1], tracemalloc.stop()
peak(50)
small, large = peak(600)[0], peak(6000)[0]
assert large < 1.5 * small + 100_000, (small, large)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
