"""Data sets over REST: frozen, followed, compared, taken away in pieces, and labels brought in with a report."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from annotations import services
from annotations.datasets.files import LINKS
from annotations.models import Annotation, DatasetSnapshot, ReviewTask
from annotations.serializers.datasets import DatasetOut, ImportOut, LotsOut, PreviewOut
from annotations.services import dataset_imports
from audit.models import AuditEvent
from core import image_store
from core.roles import Role
from domain.datasets.formats import read as read_labels
from inspection.models import InspectionImage
from tests.factories import AT, make_class, make_dataset, make_inspected, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client_as):
    return client_as(Role.LEAD)


@pytest.fixture
def engineer(client_as):
    return client_as(Role.MODEL_ENGINEER)


@pytest.fixture
def accepted(inspected, lead):
    """A task of the site with a word that is accepted."""
    Annotation.objects.create(
        id=inspected.task.pk, task=inspected.task, number=1, author_id=_user(lead), verdict="defect",
        change="confirmed", defect_class=make_class(), x_px=1, y_px=2, width_px=3, height_px=4, made_at=AT,
    )  # fmt: skip
    ReviewTask.objects.filter(pk=inspected.task.pk).update(state="accepted", annotation_number=1, revision=2)
    return inspected


def _user(client):
    from accounts.models import User

    return User.objects.order_by("-id").values_list("pk", flat=True).first()


def freeze(client, **values):
    return client.post(reverse("api:datasets"), {"code": "TRAIN-1", **values}, format="json")


class TestFreezing:
    def test_answers_with_what_is_being_built(self, engineer, accepted):
        made = freeze(engineer, selection={"layers": ["M1"]}, seed=4, shares=[0.8, 0.1, 0.1])

        assert made.status_code == 202
        body = made.json()
        assert (body["state"], body["seed"], body["shares"]) == ("building", 4, [0.8, 0.1, 0.1])
        assert body["selection"]["states"] == ["accepted"]
        assert made.headers["Location"] == f"/api/v1/datasets/{body['id']}/"
        assert set(body) == set(DatasetOut().fields)

    def test_is_followed_until_it_is_ready(self, engineer, accepted):
        address = freeze(engineer).headers["Location"]
        early = [engineer.get(f"{address}{part}") for part in ("statistics/", "export/")]
        services.build_datasets(budget_s=30)

        ready = engineer.get(address).json()

        assert [(answer.status_code, answer.json()["code"]) for answer in early] == [(409, "not_ready")] * 2
        assert early[0].json()["progress"]["done"] == 0
        assert (ready["state"], ready["images"], ready["objects"]) == ("ready", {"train": 1}, {"train": 1})
        counts = engineer.get(f"{address}statistics/").json()["statistics"]
        assert counts["sizes"] == {"scratch": {"2": 1}}
        assert (counts["confidence"], counts["days"]) == ({"9": 1}, {f"{AT:%Y-%m-%d}": 1})
        assert counts["checked"] == {"lots": 1, "pictures": 1}

    def test_with_a_key_happens_once(self, engineer, accepted):
        for _ in range(2):
            answer = engineer.post(
                reverse("api:datasets"), {"code": "K"}, format="json", headers={"idempotency-key": "freeze-0001"}
            )
            assert answer.status_code == 202
        assert DatasetSnapshot.objects.filter(code="K").count() == 1

    def test_again_gives_the_same_and_otherwise_is_refused(self, engineer, accepted):
        freeze(engineer)

        assert freeze(engineer).status_code == 200
        assert freeze(engineer, seed=9).json()["code"] == "code_taken"

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"selection": {"layers": ["M9"]}}, "selection"),
            ({"selection": {"colour": ["red"]}}, "selection"),
            ({"selection": {"states": ["open"]}}, "selection"),
            ({"selection": {"since": "soon"}}, "selection"),
            ({"shares": [1, 1, 1]}, "shares"),
            ({"shares": [1]}, "shares"),
            ({"seed": -1}, "seed"),
            ({"seed": 2**63}, "seed"),
            ({"code": ""}, "code"),
        ],
        ids=str,
    )
    def test_of_what_cannot_be_is_refused_by_name(self, engineer, accepted, values, field):
        answer = freeze(engineer, **values)

        assert answer.status_code == 400
        assert field in answer.json()["fields"]

    def test_is_not_for_reviewers(self, client_as, accepted):
        assert freeze(client_as(Role.REVIEWER)).status_code == 403


class TestLookingAhead:
    def test_says_what_would_be_in_it_and_what_to_mind(self, engineer, accepted):
        ahead = engineer.post(reverse("api:dataset_preview"), {"selection": {"layers": ["M1"]}}, format="json").json()

        assert set(ahead) == set(PreviewOut().fields)
        assert (ahead["images"], ahead["complete"], ahead["classes"]) == (
            {"train": 1}, {"train": 1}, {"train": {"scratch": 1}},
        )  # fmt: skip
        assert [warning["code"] for warning in ahead["warnings"]] == ["few_lots", "share_missed"]

    def test_writes_nothing(self, engineer, accepted):
        before = DatasetSnapshot.objects.count(), AuditEvent.objects.count()

        engineer.post(reverse("api:dataset_preview"), {}, format="json")

        assert (DatasetSnapshot.objects.count(), AuditEvent.objects.count()) == before

    def test_of_what_cannot_be_is_refused_by_name(self, engineer, accepted):
        answer = engineer.post(reverse("api:dataset_preview"), {"selection": {"layers": ["M9"]}}, format="json")

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["selection"])

    def test_offers_the_lots_that_fit_whatever_lots_are_chosen(self, engineer, accepted):
        make_inspected(accepted.task.site)
        asked = [
            engineer.post(reverse("api:dataset_lots"), {"selection": selection}, format="json").json()
            for selection in ({"lots": [accepted.lot.code]}, {"lots": ["NO-SUCH-LOT"]}, {"classes": ["scratch"]})
        ]

        assert set(asked[0]) == set(LotsOut().fields)
        assert asked[0] == asked[1] == asked[2]
        assert [(lot["code"], lot["product"], lot["images"]) for lot in asked[0]["results"]] == [
            (accepted.lot.code, accepted.lot.product.code, 1)
        ]
        assert asked[0]["is_more"] is False

    def test_offers_no_lot_of_what_cannot_be(self, engineer, accepted):
        answer = engineer.post(reverse("api:dataset_lots"), {"selection": {"layers": ["M9"]}}, format="json")

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["selection"])


class TestPages:
    def test_offer_to_freeze_and_import_to_whoever_may(self, client, site, accepted):
        seen = {}
        for role in (Role.LEAD, Role.OPERATOR):
            client.force_login(make_user(role, site=site))
            seen[role] = client.get(reverse("annotations:datasets")).content.decode()

        assert 'id="freeze-sheet"' in seen[Role.LEAD] and 'id="import-sheet"' in seen[Role.LEAD]
        assert "sheet" not in seen[Role.OPERATOR].split("<main")[1].split("</main>")[0]
        assert "lead or model engineer" in seen[Role.OPERATOR]


class TestComparing:
    def test_shows_what_was_and_is_said_of_the_first_images(self, operator, inspected):
        other = make_dataset(make_inspected(inspected.site).image)

        address = reverse("api:dataset_diff", args=[inspected.dataset.pk])
        pictures = operator.get(address, {"other": other.pk}).json()["difference"]["pictures"]

        gone = pictures[str(inspected.image.pk)]
        assert (gone["lot"], gone["width_px"], gone["after"]) == (inspected.lot.code, 64, None)
        assert gone["before"] == {"split": "train", "objects": [], "nuisances": []}

    def test_says_what_the_other_has(self, operator, inspected):
        other = make_dataset(make_inspected(inspected.site).image)

        found = operator.get(reverse("api:dataset_diff", args=[inspected.dataset.pk]), {"other": other.pk}).json()

        assert found["is_same"] is False
        assert (found["difference"]["images"]["added"], found["difference"]["images"]["removed"]) == (1, 1)

    def test_with_one_of_another_site_is_refused_as_with_a_made_up_one(self, operator, inspected, foreign):
        address = reverse("api:dataset_diff", args=[inspected.dataset.pk])

        assert operator.get(address, {"other": foreign.dataset.pk}).status_code == 404

    def test_with_nothing_is_refused(self, operator, inspected):
        assert operator.get(reverse("api:dataset_diff", args=[inspected.dataset.pk])).status_code == 400


class TestTakingAway:
    @pytest.fixture
    def address(self, inspected):
        return reverse("api:dataset_export", args=[inspected.dataset.pk])

    def test_is_asked_for_without_taking_it_away(self, operator, inspected):
        address = reverse("api:dataset_exports", args=[inspected.dataset.pk])
        waiting = operator.post(address, {"format": "csv"}, format="json")
        services.build_exports(budget_s=30)
        ready = operator.post(address, {"format": "csv"}, format="json")

        assert (waiting.status_code, waiting.json()["state"]) == (202, "building")
        assert (ready.status_code, ready.json()["state"]) == (200, "ready")
        assert not AuditEvent.objects.filter(action="dataset.download").exists()

    def test_waits_until_the_file_is_made(self, operator, address):
        waiting = operator.get(address, {"format": "coco"})
        services.build_exports(budget_s=30)
        ready = operator.get(address, {"format": "coco"})

        assert (waiting.status_code, waiting.json()["state"], waiting.headers["Retry-After"]) == (202, "building", "1")
        assert ready.status_code == 200
        assert len(json.loads(b"".join(ready.streaming_content))["images"]) == 1
        assert ready.headers["Content-Type"] == "application/json"
        assert "attachment" in ready.headers["Content-Disposition"]

    def test_names_the_addresses_of_the_images(self, inspected):
        assert LINKS.format(image=inspected.image.pk) == reverse("api:image_file", args=[inspected.image.pk])

    def test_of_the_manifest_is_there_at_once(self, operator, address, inspected):
        answer = operator.get(address, {"format": "jsonl"})

        assert b"".join(answer.streaming_content) == image_store.get(inspected.dataset.manifest_key)
        assert answer.headers["ETag"] == f'"{inspected.dataset.manifest_sha256}"'

    def test_goes_on_where_it_broke_off(self, operator, address, inspected):
        whole = image_store.get(inspected.dataset.manifest_key)
        etag = f'"{inspected.dataset.manifest_sha256}"'

        rest = operator.get(address, {"format": "jsonl"}, headers={"range": "bytes=100-", "if-range": etag})

        assert rest.status_code == 206
        assert b"".join(rest.streaming_content) == whole[100:]
        assert rest.headers["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
        assert rest.headers["Content-Length"] == str(len(whole) - 100)

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"range": "bytes=100-", "if-range": '"other"'}, 200),
            ({"range": "bytes=9999999-"}, 416),
            ({"range": "bytes=0-0"}, 206),
            ({"if-none-match": "*"}, 304),
        ],
        ids=str,
    )
    def test_answers_ranges_as_the_standard_says(self, operator, address, headers, status):
        assert operator.get(address, {"format": "jsonl"}, headers=headers).status_code == status

    def test_is_in_the_trail_once_for_a_download_in_pieces(self, operator, address):
        for part in ("bytes=0-9", "bytes=10-19", "bytes=20-"):
            operator.get(address, {"format": "jsonl"}, headers={"range": part})

        assert AuditEvent.objects.filter(action="dataset.download").count() == 1

    @pytest.mark.parametrize("query", [{"format": "xml"}, {"images": "perhaps"}, {"colour": "red"}])
    def test_in_a_format_that_is_none_is_refused(self, operator, address, query):
        assert operator.get(address, query).status_code == 400


class TestBringingIn:
    ADDRESS = "/api/v1/datasets/imports/"
    BOX = [10, 12, 8, 6]

    def send(self, client, data, *, format="coco", key=None, **values):
        content = data if isinstance(data, bytes) else json.dumps(data).encode()
        form = {"file": SimpleUploadedFile("labels", content), "format": format, **values}
        return client.post(self.ADDRESS, form, format="multipart", headers={"Idempotency-Key": key} if key else None)

    def coco(self, image, *, box=None, name="scratch", **members):
        return {
            "images": [{"id": 1, "file_name": "any.png", "width": 64, "height": 64, "sha256": image.sha256, **members}],
            "categories": [{"id": 1, "name": name}],
            "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": box or self.BOX}],
        }

    def test_writes_nothing_unless_it_is_asked_to(self, engineer, inspected):
        answer = self.send(engineer, self.coco(inspected.image))

        report = answer.json()
        assert answer.status_code == 200
        assert (report["matched"], report["new"], report["written"], report["is_dry_run"]) == (1, 1, 0, True)
        assert set(report) == set(ImportOut().fields)
        assert ReviewTask.objects.count() == 1

    def test_makes_decided_tasks_of_what_is_new(self, engineer, inspected):
        report = self.send(engineer, self.coco(inspected.image), dry_run=False).json()

        assert report["written"] == 1
        task = ReviewTask.objects.get(kind="imported")
        (said,) = task.annotations.all()
        assert (task.state, task.image_id, task.run_id, task.annotation_number) == (
            "decided", inspected.image.pk, inspected.run.pk, 1,
        )  # fmt: skip
        assert (said.change, said.x_px, said.defect_class.code) == ("imported", 10.0, "scratch")
        assert AuditEvent.objects.get(action="labels.import").after["tasks"] == 1

    def test_is_read_before_a_transaction_is_begun(self, engineer, inspected, monkeypatch):
        """The server ends one that stands still for ten seconds; a large file takes longer to read."""
        begun = []

        def read(file, *, format):
            begun.append(list(connection.savepoint_ids))
            return read_labels(file, format=format)

        monkeypatch.setattr(dataset_imports, "read", read)
        self.send(engineer, self.coco(inspected.image), dry_run=False, key="read-before-1")

        assert begun == [[]]
        assert ReviewTask.objects.filter(kind="imported").count() == 1

    def test_is_written_in_the_order_of_keys(self, engineer, inspected, monkeypatch):
        """Two files at once that say the same in orders of their own would wait for each other in a ring."""
        written = []

        def write(boxes, **about):
            written.extend(one.task for one in boxes)
            return write_boxes(boxes, **about)

        write_boxes = dataset_imports._write
        monkeypatch.setattr(dataset_imports, "_write", write)
        file = self.coco(inspected.image)
        (box,) = file["annotations"]
        file["annotations"] = [{**box, "id": number, "bbox": [number * 5, 1, 4, 4]} for number in range(1, 10)]
        self.send(engineer, file, dry_run=False)

        assert len(written) == 9
        assert written == sorted(written)

    def test_makes_tasks_that_are_shown_and_taken_back_like_any(self, engineer, inspected, lead):
        self.send(lead, self.coco(inspected.image), dry_run=False)
        task = ReviewTask.objects.get(kind="imported")

        shown = lead.get(reverse("api:review_task", args=[task.pk])).json()
        undone = lead.post(reverse("api:review_undo", args=[task.pk])).json()

        assert "file of labels" in shown["why"]
        assert undone["state"] == "withdrawn"

    def test_of_the_same_file_again_writes_nothing(self, engineer, inspected):
        self.send(engineer, self.coco(inspected.image), dry_run=False)

        again = self.send(engineer, self.coco(inspected.image), dry_run=False).json()

        assert (again["known"], again["new"], again["written"]) == (1, 0, 0)

    def test_of_what_is_settled_here_already_writes_nothing(self, engineer, accepted):
        report = self.send(engineer, self.coco(accepted.image, box=[1, 2, 3, 4]), dry_run=False).json()

        assert (report["known"], report["written"]) == (1, 0)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"box": [60, 0, 30, 5]}, "not within its image"),
            ({"box": [1, 1, 0.5, 5]}, "too small"),
            ({"name": "ghost"}, "no class ghost"),
            ({"sha256": "0" * 64}, "no image any.png"),
            ({"width": 65}, "65 x 64"),
        ],
        ids=str,
    )
    def test_tells_where_something_is_wrong_and_writes_nothing(self, engineer, inspected, change, says):
        report = self.send(engineer, self.coco(inspected.image, **change), dry_run=False).json()

        (fault,) = report["faults"]
        assert says in fault["what"]
        assert fault["where"].startswith("$.")
        assert fault["advice"]
        assert (report["fault_count"], report["written"]) == (1, 0)

    def test_of_a_file_with_faults_writes_what_is_right_where_that_is_asked(self, engineer, inspected):
        data = self.coco(inspected.image)
        data["annotations"].append({"id": 2, "image_id": 1, "category_id": 1, "bbox": [1]})

        whole = self.send(engineer, data, dry_run=False).json()
        part = self.send(engineer, data, dry_run=False, skip_faults=True).json()

        assert (whole["written"], part["written"], part["fault_count"]) == (0, 1, 1)

    def test_finds_images_by_external_id_and_by_name(self, engineer, site):
        one, other = make_inspected(site).image, make_inspected(site).image
        from tests.guards import unguarded

        with unguarded("inspection_image"):
            InspectionImage.objects.filter(pk=one.pk).update(external_id="E-1", file_name="a.png")
            InspectionImage.objects.filter(pk=other.pk).update(file_name="b.tiff")
        head = "external_id,file_name,class_code,x_px,y_px,box_width_px,box_height_px\n"
        rows = "E-1,,scratch,9,9,9,9\n,b,scratch,9,9,9,9\n,deadbeef-a.png,scratch,20,9,9,9\n,c.png,scratch,9,9,9,9\n"

        report = self.send(engineer, (head + rows).encode(), format="csv").json()

        assert (report["matched"], report["new"]) == (3, 3)
        assert [fault["where"] for fault in report["faults"]] == ["line 5"]

    def test_of_a_name_that_fits_two_images_asks_for_more(self, engineer, site):
        make_inspected(site), make_inspected(site)
        data = b"file_name,class_code,x_px,y_px,box_width_px,box_height_px\n1.png,scratch,9,9,9,9\n"

        report = self.send(engineer, data, format="csv").json()

        assert "2 images here fit" in report["faults"][0]["what"]

    def test_sees_no_image_of_another_site(self, engineer, inspected, foreign):
        from tests.guards import unguarded

        with unguarded("inspection_image"):
            InspectionImage.objects.filter(pk=foreign.image.pk).update(sha256="f" * 64)

        report = self.send(engineer, self.coco(replace_digest(foreign.image, "f" * 64))).json()

        assert (report["matched"], report["fault_count"]) == (0, 1)

    def test_of_our_own_exports_gives_the_boxes_back(self, engineer, accepted):
        address = freeze(engineer).headers["Location"]
        services.build_datasets(budget_s=30)
        for format in ("coco", "voc", "yolo", "csv", "label_studio"):
            engineer.get(f"{address}export/", {"format": format})
            services.build_exports(budget_s=30)
            file = b"".join(engineer.get(f"{address}export/", {"format": format}).streaming_content)

            report = self.send(engineer, file, format=format, dry_run=False).json()

            assert (report["matched"], report["known"], report["new"], report["fault_count"]) == (1, 1, 0, 0), format

    @pytest.mark.parametrize("data", [b"", b"\x00" * 100, b"PK\x03\x04junk", b"[[[[[[", b"<a>"])
    @pytest.mark.parametrize("format", ["coco", "voc", "yolo", "csv", "label_studio"])
    def test_of_junk_says_so(self, engineer, inspected, data, format):
        answer = self.send(engineer, data, format=format)

        assert answer.status_code == 200
        assert answer.json()["fault_count"] == 1

    @pytest.mark.parametrize("form", [{}, {"format": "coco"}, {"file": io.BytesIO(b"x")}])
    def test_without_a_file_or_a_format_is_refused(self, engineer, form):
        assert engineer.post(self.ADDRESS, form, format="multipart").status_code == 400

    def test_is_not_for_reviewers(self, client_as):
        assert self.send(client_as(Role.REVIEWER), b"{}").status_code == 403


def replace_digest(image, sha256):
    image.sha256 = sha256
    return image
