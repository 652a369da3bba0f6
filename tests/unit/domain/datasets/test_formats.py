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

import pytest
from hypothesis import given, settings

from domain.datasets.formats import Format, label_studio, read, table
from domain.datasets.labels import LabelledImage, Unit, labelled
from tests.data_sets import HEADER, digest, make_object, make_record, records, some_records, written

# `label-studio-sdk` wants other versions of NumPy and OpenCV than ours, so it lives in an environment of its own:
# make setup-label-studio
LABEL_STUDIO_PYTHON = Path(__file__).parents[4] / "var" / "label-studio" / "bin" / "python"


def read_back(images, format):
    return list(read(io.BytesIO(written(images, format)), format=format))


def said_by(record, format):
    """What a format can say of a record."""
    said = labelled(record)
    if format is Format.YOLO:
        shares = [
            replace(one, bbox=tuple(side / size for side, size in zip(one.bbox, (640, 480) * 2, strict=True)))
            for one in said.objects
        ]
        return replace(
            said, file_name=record.stem, objects=tuple(shares), nuisances=(), width_px=0, height_px=0, unit=Unit.SHARES
        )
    return replace(said, nuisances=()) if format is Format.VOC else said


def flat(image: LabelledImage):
    """The numbers of its boxes, and the rest of it but for where it stands."""
    numbers = [side for one in image.objects for side in one.bbox] + [side for box in image.nuisances for side in box]
    codes = [one.class_code for one in image.objects]
    return numbers, (codes, replace(image, objects=(), nuisances=(), where=""))


@pytest.mark.parametrize("format", [one for one in Format if one is not Format.JSONL])
class TestRoundTrips:
    @settings(max_examples=40, deadline=None)
    @given(images=records())
    def test_lose_nothing_that_the_format_can_say(self, format, images):
        found = sorted(read_back(images, format), key=lambda one: one.sha256)
        wanted = sorted((said_by(one, format) for one in images), key=lambda one: one.sha256)

        assert [flat(one)[1] for one in found] == [flat(one)[1] for one in wanted]
        for one, other in zip(found, wanted, strict=True):
            assert flat(one)[0] == pytest.approx(flat(other)[0], abs=1e-9)

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
