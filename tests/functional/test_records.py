"""Lists, pages and single rows, and that OpenAPI describes what is really answered."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from core.roles import Role
from tests.factories import AT, make_inspected

pytestmark = pytest.mark.django_db

LISTS = [
    "lots",
    "wafers",
    "images",
    "runs",
    "detections",
    "jobs",
    "products",
    "tools",
    "layers",
    "recipes",
    "defect_classes",
]
SINGLE = {
    "lot": "lot",
    "wafer": "wafer",
    "image": "image",
    "run": "run",
    "detection": "detection",
    "job": "job",
    "result": "run",
}


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(public=True)


def validated(document, operation, status, body):
    """The faults of an answer, by what OpenAPI says of it."""
    content = document["paths"][operation]["get"]["responses"][str(status)]["content"]["application/json"]
    schema = {**_without_nullable(content["schema"]), "components": _without_nullable(document["components"])}
    return [
        f"{'/'.join(map(str, fault.path))}: {fault.message}" for fault in Draft202012Validator(schema).iter_errors(body)
    ]


def _without_nullable(schema):
    """OpenAPI 3.0's `nullable` as JSON Schema says it, and every object closed: what is answered is documented."""
    if isinstance(schema, list):
        return [_without_nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _without_nullable(value) for key, value in schema.items() if key != "nullable"}
    if inner.get("type") == "object" and "properties" in inner:
        inner.setdefault("additionalProperties", False)
    return {"anyOf": [{"type": "null"}, inner]} if schema.get("nullable") is True else inner


class TestAnswers:
    @pytest.mark.parametrize("name", LISTS)
    def test_of_lists_are_as_documented(self, operator, inspected, document, name):
        body = operator.get(reverse(f"api:{name}")).json()

        assert body["results"]
        operation = reverse(f"api:{name}")
        assert validated(document, operation, 200, body) == []

    @pytest.mark.parametrize("name", SINGLE)
    def test_of_single_rows_are_as_documented(self, operator, inspected, document, name):
        key = getattr(inspected, SINGLE[name]).pk
        body = operator.get(reverse(f"api:{name}", args=[key])).json()

        operation = next(path for path in document["paths"] if path.startswith("/api/v1/") and _fits(path, name))
        assert validated(document, operation, 200, body) == []

    @pytest.mark.parametrize("name", ["wall", "system", "inference_health", "inference_metrics"])
    def test_of_the_whole_are_as_documented(self, operator, inspected, document, name):
        body = operator.get(reverse(f"api:{name}")).json()

        assert validated(document, reverse(f"api:{name}"), 200, body) == []


def _fits(path, name):
    endings = {
        "lot": "/lots/{lot_id}/", "wafer": "/wafers/{wafer_id}/", "image": "/images/{image_id}/",
        "run": "/runs/{run_id}/", "detection": "/detections/{detection_id}/", "job": "/jobs/{job_id}/",
        "result": "/results/{run_id}/",
    }  # fmt: skip
    return path.endswith(endings[name])


class TestDetection:
    def test_says_what_where_and_how_sure(self, operator, inspected):
        found = operator.get(reverse("api:detection", args=[inspected.detection.pk])).json()

        assert found["class_code"] == "scratch"
        assert found["bbox_px"] == [1, 2, 3, 4]
        assert found["confidence"] == 0.9
        assert found["top3"][0]["class_code"] == "scratch"
        assert (found["severity"], found["band"], found["nuisance"]) == ("major", "reject", False)


class TestPages:
    @pytest.fixture
    def many(self, site):
        return [make_inspected(site, at=AT + timedelta(minutes=minute)) for minute in range(7)]

    @pytest.mark.parametrize("name", ["lots", "wafers", "images", "runs", "detections", "jobs"])
    def test_go_through_every_row_once_newest_first(self, operator, many, name):
        address, seen = f"{reverse(f'api:{name}')}?limit=3", []
        while address:
            page = operator.get(address).json()
            seen += [row["id"] for row in page["results"]]
            address = page["next"]

        assert seen == sorted(seen, reverse=True)
        assert len(seen) == len(set(seen)) == 7

    def test_go_back_as_they_came(self, operator, many):
        first = operator.get(reverse("api:runs"), {"limit": 3}).json()
        second = operator.get(first["next"]).json()

        back = operator.get(second["previous"]).json()

        assert back["results"] == first["results"]
        assert back["previous"] is None

    def test_keep_their_filters(self, operator, many):
        page = operator.get(reverse("api:runs"), {"limit": 1, "state": "done"}).json()

        assert "state=done" in page["next"]

    def test_rows_that_come_meanwhile_move_nothing(self, operator, many, site):
        first = operator.get(reverse("api:runs"), {"limit": 3}).json()
        make_inspected(site, at=AT + timedelta(hours=1))

        second = operator.get(first["next"]).json()

        newest_first = sorted((str(one.run.pk) for one in many), reverse=True)
        assert [row["id"] for row in second["results"]] == newest_first[3:6]

    @pytest.mark.parametrize(("name", "most"), [("runs", 8), ("detections", 2), ("images", 2), ("wafers", 2)])
    def test_cost_the_same_however_many_rows(self, operator, many, name, most):
        operator.get(reverse(f"api:{name}"))
        with CaptureQueriesContext(connection) as few:
            operator.get(reverse(f"api:{name}"), {"limit": 1})
        with CaptureQueriesContext(connection) as more:
            operator.get(reverse(f"api:{name}"), {"limit": 7})

        assert len(more) == len(few) <= most
        assert not any("COUNT(" in query["sql"] for query in more)


class TestFilters:
    @pytest.mark.parametrize(
        ("name", "query", "count"),
        [
            ("runs", {"state": "done"}, 1),
            ("runs", {"state": "queued"}, 0),
            ("runs", {"band": "reject"}, 1),
            ("runs", {"tool": "T1"}, 1),
            ("runs", {"tool": "T2"}, 0),
            ("runs", {"layer": "M1", "product": "P1", "recipe": "DEFAULT"}, 1),
            ("runs", {"since": "2026-11-21T12:00:00Z"}, 1),
            ("runs", {"since": "2026-11-21T12:00:01Z"}, 0),
            ("runs", {"until": "2026-11-21T12:00:00Z"}, 0),
            ("detections", {"class_code": "scratch", "severity": "major"}, 1),
            ("detections", {"class_code": "pit"}, 0),
            ("detections", {"min_confidence": "0.9"}, 1),
            ("detections", {"min_confidence": "0.91"}, 0),
            ("detections", {"max_confidence": "0.5"}, 0),
            ("images", {"layer": "M1"}, 1),
            ("images", {"layer": "M2"}, 0),
            ("wafers", {"code": "W1"}, 1),
            ("lots", {"product": "P1"}, 1),
            ("jobs", {"state": "done"}, 1),
            ("jobs", {"state": "running"}, 0),
            ("products", {"code": "P1"}, 1),
        ],
        ids=str,
    )
    def test_narrow_what_is_shown(self, operator, inspected, name, query, count):
        assert len(operator.get(reverse(f"api:{name}"), query).json()["results"]) == count

    def test_by_run_image_wafer_and_job(self, operator, inspected, site):
        make_inspected(site)
        for name, query in [
            ("detections", {"run": inspected.run.pk}),
            ("detections", {"image": inspected.image.pk}),
            ("detections", {"wafer": inspected.wafer.pk}),
            ("runs", {"job": inspected.job.pk}),
            ("images", {"wafer": inspected.wafer.pk}),
        ]:
            assert len(operator.get(reverse(f"api:{name}"), query).json()["results"]) == 1


class TestCatalogue:
    @pytest.mark.parametrize(
        ("name", "role", "values"),
        [
            ("products", Role.OPERATOR, {"code": "LOGIC-9", "die_pitch_x_um": 8000}),
            ("tools", Role.ADMIN, {"code": "SEM-9", "cadence_s": 60}),
            ("layers", Role.OPERATOR, {"code": "M9", "step": 90}),
            ("recipes", Role.LEAD, {"code": "BF-M9", "thresholds": {"scratch": 0.4}}),
        ],
    )
    def test_is_added_to_once(self, client_as, inspected, name, role, values):
        client, address = client_as(role), reverse(f"api:{name}")

        first, second = client.post(address, values, format="json"), client.post(address, values, format="json")

        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        assert first.json()["code"] == values["code"]

    def test_codes_are_the_same_however_they_were_typed(self, operator, inspected):
        first = operator.post(reverse("api:layers"), {"code": " Me\u0301tal "}, format="json")
        second = operator.post(reverse("api:layers"), {"code": "M\u00e9tal"}, format="json")

        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json()["code"] == "M\u00e9tal"


class TestRequests:
    def test_of_programs_ask_the_database_once_who_they_are(self, operator, inspected):
        operator.get(reverse("api:lots"))

        with CaptureQueriesContext(connection) as queries:
            operator.get(reverse("api:lots"))

        assert len(queries) == 1


class TestBatchOfIds:
    def test_is_a_job_over_stored_images(self, operator, inspected):
        answer = operator.post(
            reverse("api:batch"), {"ids": [str(inspected.image.pk)], "label": "again"}, format="json"
        )

        assert answer.status_code == 202
        (item,) = answer.json()["items"]
        assert (item["state"], item["image"]) == ("waiting", str(inspected.image.pk))

    @pytest.mark.parametrize("ids", [[], ["x"], "x", [None], [1] * 101])
    def test_that_are_none_is_refused(self, operator, inspected, ids):
        answer = operator.post(reverse("api:batch"), {"ids": ids}, format="json")

        assert answer.status_code == 400
        assert "ids" in answer.json()["fields"]
