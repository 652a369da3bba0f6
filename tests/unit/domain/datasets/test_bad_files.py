"""Whatever a file of labels holds, reading it ends soon, with the place of what is wrong and what to do."""

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.datasets.formats import Format, read
from domain.datasets.labels import Fault, Limits
from tests.data_sets import some_records, written

FORMATS = [one for one in Format if one is not Format.JSONL]
IMAGE = {"id": 1, "file_name": "a.png", "width": 10, "height": 10}
BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}


def look(data, format, **limits):
    return list(read(io.BytesIO(data), format=format, limits=Limits(**limits)))


def faults(data, format, **limits):
    return [one for one in look(data, format, **limits) if isinstance(one, Fault)]


def packed(**files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return file.getvalue()


def coco(**members):
    whole = {"images": [IMAGE], "categories": [{"id": 1, "name": "pit"}], "annotations": [BOX], **members}
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


class TestCoco:
    @pytest.mark.parametrize(
        ("data", "where", "what"),
        [
            (coco(annotations=[{**BOX, "bbox": [1, 2, 3]}]), "$.annotations[0].bbox", "four numbers"),
            (coco(annotations=[{**BOX, "bbox": [1, 2, "3", 4]}]), "$.annotations[0].bbox", "number"),
            (coco(annotations=[{**BOX, "bbox": [1, 2, 0, 4]}]), "$.annotations[0].bbox", "empty"),
            (coco(annotations=[{**BOX, "bbox": [1, 2, 1e300, 4]}]), "$.annotations[0].bbox", "no place"),
            (coco(annotations=[{**BOX, "bbox": [1, 2, True, 4]}]), "$.annotations[0].bbox", "number"),
            (coco(annotations=[BOX, {**BOX, "category_id": 9}]), "$.annotations[1].category_id", "no category 9"),
            (coco(annotations=[{**BOX, "image_id": 9}]), "$.annotations[0].image_id", "no image 9"),
            (coco(annotations=[{**BOX, "iscrowd": 1}]), "$.annotations[0].iscrowd", "crowd"),
            (coco(annotations=["x"]), "$.annotations[0]", "object"),
            (coco(annotations=None), "$", "no annotations"),
            (coco(images=[IMAGE, IMAGE]), "$.images[1].id", "already"),
            (coco(images=[{**IMAGE, "width": 1.5}]), "$.images[0].width", "whole number"),
            (coco(images=[{**IMAGE, "sha256": "xyz"}]), "$.images[0].sha256", "SHA-256"),
            (coco(images=[{**IMAGE, "file_name": "\ud800"}]), "$.images[0].file_name", "cannot be shown"),
            (b"[1]", "$", "one object"),
            (b'{"images": [{"id": NaN}]}', "$.images[0], line 1", "NaN"),
            (b'{"images": [\n{"id": 1, "id": 2}]}', "$.images[0], line 2", "twice"),
            (b'{"images": [], "images": []}', "$, line 1", "twice"),
            (b'{"images": [1', "$.images[0], line 1", "comma"),
            (b'{"images": ' + b"[" * 100_000, "$.images[0], line 1", "nested"),
            (coco(info={"a": [[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]}), "$.info", "nested"),
            (b'{"images": [' + b"9" * 5000 + b"]}", "$.images[0], line 1", "digits"),
            (coco() + b"x", "$, line 1", "follows"),
            (b"\xff\xfe", "line 1", "UTF-8"),
            (b"", "$", "one object"),
        ],
        ids=range(25),
    )
    def test_tells_the_path(self, data, where, what):
        (fault, *_) = faults(data, Format.COCO)

        assert fault.where == where
        assert what in fault.what
        assert fault.advice

    def test_with_one_bad_box_gives_the_others(self):
        image = next(iter(one for one in look(
            coco(annotations=[BOX, {**BOX, "bbox": []}, BOX]), Format.COCO) if not isinstance(one, Fault)))  # fmt: skip

        assert len(image.objects) == 2

    def test_with_too_much_says_so(self):
        assert "More than 1 annotations" in faults(coco(annotations=[BOX] * 2), Format.COCO, boxes=1)[0].what


class TestVoc:
    HEAD = "<annotation><filename>a.png</filename>"

    @pytest.mark.parametrize(
        ("text", "where", "what"),
        [
            ("<annotation>\n<object>", "line 2", "no XML"),
            ("<annotation/>", "line 1", "names no image"),
            (HEAD + "\n<object><name>pit</name></object></annotation>", "line 2", "bndbox/xmin"),
            (HEAD + "<size><width>x</width></size></annotation>", "line 1", "no number"),
            ('<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', "line 1", "document type"),
            ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>', "line 1", "document type"),
            (HEAD + "<a>" * 50, "line 1", "nested"),
            (HEAD + "<b>" + "x" * 5000 + "</b></annotation>", "line 1", "4,096"),
        ],
    )
    def test_tells_the_line(self, text, where, what):
        (fault,) = faults(text.encode(), Format.VOC)

        assert fault.where == where
        assert what in fault.what

    def test_of_a_zip_tells_the_file_and_reads_the_others(self):
        found = look(packed(a_dot_xml="<annotation>", b_dot_xml=self.HEAD + "</annotation>"), Format.VOC)

        assert [one.where for one in found] == ["a.xml line 1", "b.xml line 1"]


class TestYolo:
    YAML = "names: [pit, scratch]\n"

    @pytest.mark.parametrize(
        ("line", "what"),
        [
            ("0 0.5 0.5 0.1", "too short"),
            ("0 0.1 0.1 0.2 0.2 0.3", "neither box nor outline"),
            ("7 0.5 0.5 0.1 0.1", "no class 7"),
            ("0 0.5 0.5 nan 0.1", "no place"),
            ("0 1.5 0.5 0.1 0.1", "no place"),
            ("0 0.5 0.5 0 0.1", "empty"),
            ("0 a 0.5 0 0.1", "no number"),
        ],
    )
    def test_tells_file_and_line(self, line, what):
        data = packed(data_dot_yaml=self.YAML, labels__a_dot_txt=f"0 0.5 0.5 0.1 0.1\n{line}\n")

        (fault,) = faults(data, Format.YOLO)

        assert fault.where == "labels/a.txt line 2"
        assert what in fault.what.lower() or what in fault.what

    @pytest.mark.parametrize(
        "yaml",
        [
            "names: [pit, 'scratch']",
            'names: {0: pit, 1: "scratch"}',
            "nc: 2\nnames:\n  0: pit  # small\n  1: scratch\ntrain: x",
            "names:\n- pit\n- scratch\nnc: 2",
            "names:\n  - pit\n\n  - scratch",
        ],
    )
    def test_reads_names_however_they_are_written(self, yaml):
        (image,) = look(packed(data_dot_yaml=yaml, a_dot_txt="1 0.5 0.5 0.1 0.1"), Format.YOLO)

        assert [one.class_code for one in image.objects] == ["scratch"]

    @pytest.mark.parametrize(
        "yaml", ["nc: 1", "names: 5", "names:\n  pit: 0", "names: [*a]\nx: &a 1", 'names: ["pit]', "names:"]
    )
    def test_of_names_that_are_none_reads_nothing_wrong(self, yaml):
        found = look(packed(data_dot_yaml=yaml, a_dot_txt="0 0.5 0.5 0.1 0.1"), Format.YOLO)

        assert any(isinstance(one, Fault) for one in found) or found[0].objects[0].class_code == "*a"

    def test_without_names_says_so(self):
        assert "called" in faults(packed(a_dot_txt=""), Format.YOLO)[0].what


class TestCsv:
    HEAD = "file_name,class_code,x_px,y_px,box_width_px,box_height_px\n"

    @pytest.mark.parametrize(
        ("text", "where", "what"),
        [
            (HEAD + "a.png,pit,1,2,3,4\na.png,pit,1,2,3\n", "line 3", "5 cells"),
            (HEAD + 'a.png,"p\nit",1,2,3,4\nb.png,pit,1,x,3,4\n', "line 2, class_code", "cannot be shown"),
            (HEAD + 'a.png,"pit\n",1,2,3,4\nb.png,pit,1,x,3,4\n', "line 2, class_code", "cannot be shown"),
            (HEAD + "a.png,pit,1,nan,3,4\n", "line 2, y_px", "no place"),
            (HEAD + "a.png,pit,1,,3,4\n", "line 2, y_px", "no number"),
            (HEAD + "a.png,pit,1,1_0,3,4\n", "line 2, y_px", "no number"),
            (HEAD + ",pit,1,2,3,4\n", "line 2", "which image"),
            (HEAD + 'a.png,"pit', "line 2", "no CSV"),
            (HEAD + "a.png," + "x" * 300_000, "line 2", "no CSV"),
            ("a,b\n1,2\n", "line 1", "class_code"),
            ("file_name,file_name,class_code,x_px,y_px,box_width_px,box_height_px\n", "line 1", "twice"),
            ("", "line 1", "class_code"),
        ],
        ids=range(12),
    )
    def test_tells_the_line(self, text, where, what):
        (fault, *_) = faults(text.encode(), Format.CSV)

        assert fault.where == where
        assert what in fault.what


class TestLabelStudio:
    @pytest.mark.parametrize(
        ("change", "where", "what"),
        [
            ({"rotation": "x"}, "$[0].annotations[0].result[0].value.rotation", "A number"),
            ({"rectanglelabels": ["a", "b"]}, "$[0].annotations[0].result[0].value.rectanglelabels", "one label"),
            ({"x": 400}, "$[0].annotations[0].result[0].value.x", "no place"),
            ({"width": 0}, "$[0].annotations[0].result[0].value", "empty"),
        ],
    )
    def test_tells_the_path(self, change, where, what):
        value = {"x": 1, "y": 1, "width": 5, "height": 5, "rotation": 0, "rectanglelabels": ["pit"], **change}
        result = {"type": "rectanglelabels", "original_width": 10, "original_height": 10, "value": value}
        data = json.dumps([{"data": {"image": "a.png"}, "annotations": [{"result": [result]}]}]).encode()

        (fault,) = faults(data, Format.LABEL_STUDIO)

        assert fault.where == where
        assert what in fault.what


class TestArchives:
    def test_that_unpack_to_more_than_agreed_are_not_unpacked(self):
        bomb = packed(data_dot_yaml="names: [pit]", a_dot_txt="0" * 10_000_000)

        assert "more than" in faults(bomb, Format.YOLO, entry_bytes=10_000)[0].what

    def test_of_too_many_files_are_refused(self):
        assert "3 files" in faults(packed(a="", b="", c=""), Format.VOC, entries=2)[0].what

    @pytest.mark.parametrize("format", [Format.VOC, Format.YOLO])
    def test_that_are_cut_off_are_refused(self, format):
        whole = written(some_records(), format)

        assert faults(whole[: len(whole) // 2], format)


@pytest.mark.parametrize("format", FORMATS)
class TestAnything:
    @settings(max_examples=40, deadline=None)
    @given(data=st.binary(max_size=300))
    def test_is_read_to_an_end(self, format, data):
        look(data, format)

    @settings(max_examples=40, deadline=None)
    @given(at=st.floats(0, 1), junk=st.binary(min_size=1, max_size=8))
    def test_with_a_hole_in_it_is_read_to_an_end(self, format, at, junk):
        whole = written(some_records(), format)
        cut = int(at * len(whole))

        look(whole[:cut] + junk + whole[cut + len(junk) :], format)
