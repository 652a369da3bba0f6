"""Whatever is sent: never a fault of ours, always a problem document that names the field."""

import json
from io import BytesIO

import pytest
from django.urls import reverse

from core.roles import Role
from tests.factories import make_site, make_user

pytestmark = pytest.mark.django_db

QUERIES = [
    ("lots", {"colour": "red"}, "colour"),
    ("lots", {"limit": "0"}, "limit"),
    ("lots", {"limit": "201"}, "limit"),
    ("lots", {"limit": "1e2"}, "limit"),
    ("lots", {"limit": "9223372036854775808"}, "limit"),
    ("lots", {"limit": "\u0661"}, "limit"),
    ("lots", {"cursor": "nonsense"}, "cursor"),
    ("lots", {"cursor": "bjk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}, "cursor"),
    ("lots", {"cursor": "x" * 200}, "cursor"),
    ("wafers", {"cursor": "bjEyMw"}, "cursor"),
    ("lots", {"code": "a\u202eb"}, "code"),
    ("lots", {"code": "a\x00b"}, "code"),
    ("lots", {"code": "a\u2028b"}, "code"),
    ("lots", {"code": "a\ufffdb"}, "code"),
    ("lots", {"code": "x" * 65}, "code"),
    ("runs", {"wafer": "1"}, "wafer"),
    ("runs", {"state": "sleeping"}, "state"),
    ("runs", {"band": ["accept", "reject"]}, "band"),
    ("runs", {"since": "yesterday"}, "since"),
    ("runs", {"since": "0001-01-01T00:00:00Z"}, "since"),
    ("runs", {"until": "9999-12-31T23:59:59Z"}, "until"),
    ("detections", {"min_confidence": "NaN"}, "min_confidence"),
    ("detections", {"min_confidence": "-0.1"}, "min_confidence"),
    ("detections", {"max_confidence": "Infinity"}, "max_confidence"),
    ("detections", {"max_confidence": "1e400"}, "max_confidence"),
    ("detections", {"class_code": "a b"}, "class_code"),
    ("detections", {"run__site": "2"}, "run__site"),
    ("wall", {"limit": "100000"}, "limit"),
]

BODIES = [
    ('{"code": "M2", "step": NaN}', None),
    ('{"code": "M2", "step": Infinity}', None),
    ('{"code": "M2", "step": -1}', "step"),
    ('{"code": "M2", "step": 9223372036854775808}', "step"),
    ('{"code": "M2", "step": 1.5}', "step"),
    ('{"code": "M2", "step": true}', "step"),
    ('{"code": "M2", "step": "x"}', "step"),
    ('{"code": "M2", "code": "M3"}', "code"),
    ('{"code": "M2", "admin": true}', "admin"),
    ('{"code": ""}', "code"),
    ('{"code": "   "}', "code"),
    ('{"code": null}', "code"),
    ('{"code": 7}', "code"),
    ('{"code": ["M2"]}', "code"),
    ('{"code": {"$ne": 1}}', "code"),
    ('{"code": "a\\u0000b"}', "code"),
    ('{"code": "a\\u202eb"}', "code"),
    ('{"code": "a\\u2028b"}', "code"),
    ('{"code": "a\\u00a0b"}', "code"),
    ('{"code": "\\ud800"}', None),
    ('{"code": "%s"}' % ("x" * 65), "code"),
    ('{"code": "M2", "step": %s}' % ("9" * 300), "step"),
    ('{"code": "M2", "step": %s}' % ("9" * 5000), None),
    ("{}", "code"),
    ("[]", ""),
    ("7", ""),
    ('"text"', ""),
    ("null", ""),
    ("", None),
    ("{", None),
    ('{"code": "M2"}}', None),
    ("[" * 100 + "]" * 100, None),
    ("[" * 100_000, None),
    ('{"code": ' * 5000 + "1" + "}" * 5000, None),
    ("\ufeff{}", None),
]


def refused(answer, *, field):
    problem = answer.json()
    assert 400 <= answer.status_code < 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(problem) >= {"type", "title", "status", "detail", "code", "request_id"}
    assert problem["status"] == answer.status_code
    assert answer.headers["X-Request-ID"] == problem["request_id"]
    if field is not None:
        assert field in problem["fields"]


class TestQueries:
    @pytest.mark.parametrize(("name", "query", "field"), QUERIES, ids=str)
    def test_are_refused_by_name(self, operator, name, query, field):
        refused(operator.get(reverse(f"api:{name}"), query), field=field)

    @pytest.mark.parametrize("raw", ["limit=%FF", "limit=%00", "%00=1", "limit", "&&&=", "code=%ED%A0%80", "limit=%"])
    def test_that_are_no_queries_are_no_fault_of_ours(self, operator, raw):
        assert operator.get(f"{reverse('api:lots')}?{raw}").status_code in (200, 400)

    @pytest.mark.parametrize("address", ["/api/v1/images/", "/wafers/", "/login/"])
    @pytest.mark.parametrize("raw", ["lot=%ff%fe", "%ff=1", "lot=%ED%A0%80", "lot=a%C3&tool=%A9", "lot=%C3=%A9"])
    def test_that_are_no_utf8_are_refused_wherever_they_come(self, operator, address, raw):
        answer = operator.get(f"{address}?{raw}", headers={"accept": "application/json"})

        assert answer.status_code == 400
        refused(answer, field=None)
        assert answer.json()["detail"] == "The query of this address is not UTF-8."

    def test_in_other_letters_are_read(self, operator, inspected):
        assert operator.get("/api/v1/images/?lot=%C3%BCber+%E6%99%B6%E5%9C%86").status_code == 200

    @pytest.mark.parametrize("key", ["0", "-1", "9" * 40, "1e3", "abc", "%00", "..", "%2e%2e"])
    def test_keys_that_are_none_lead_nowhere(self, operator, key):
        assert operator.get(f"/api/v1/lots/{key}/").status_code == 404
        assert operator.get(f"/api/v1/wafers/{key}/").status_code == 404

    @pytest.mark.parametrize("place", [(99, 0, 0), (0, 9**30, 0), (10**30, 0, 0), (6, 5, 5)])
    def test_tiles_that_are_none_lead_nowhere(self, operator, inspected, place):
        level, col, row = place

        answer = operator.get(f"/api/v1/images/{inspected.image.pk}/tiles_files/{level}/{col}_{row}.jpg")

        assert answer.status_code == 404


class TestBodies:
    @pytest.mark.parametrize(("body", "field"), BODIES, ids=lambda value: str(value)[:40])
    def test_are_refused_by_name(self, operator, body, field):
        answer = operator.post(reverse("api:layers"), body, content_type="application/json")

        refused(answer, field=field)

    @pytest.mark.parametrize(
        ("content_type", "status"),
        [
            ("text/plain", 415),
            ("application/xml", 415),
            ("application/x-www-form-urlencoded", 415),
            ("multipart/form-data", 415),
            ("nonsense", 415),
            ("application/json; charset=utf-16", 400),
            ("; ;", 415),
        ],
    )
    def test_of_other_kinds_are_refused(self, operator, content_type, status):
        answer = operator.post(reverse("api:layers"), b"\xff\xfe{", content_type=content_type)

        assert answer.status_code == status
        refused(answer, field=None)

    def test_larger_than_a_mebibyte_are_refused(self, operator):
        body = json.dumps({"code": "x" * 2**20})

        answer = operator.post(reverse("api:layers"), body, content_type="application/json")

        assert answer.status_code == 413
        refused(answer, field=None)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"thresholds": {"scratch": 2}}, "thresholds"),
            ({"thresholds": {"scratch": "NaN"}}, "thresholds"),
            ({"thresholds": {"unheard_of": 0.5}}, "thresholds"),
            ({"thresholds": [1]}, "thresholds"),
            ({"review_from": 0.8, "reject_from": 0.2}, None),
            ({"preprocessing": {"contrast": "rainbow"}}, "preprocessing"),
            ({"preprocessing": {"unheard_of": 1}}, "preprocessing"),
            ({"preprocessing": {"version": True}}, "preprocessing"),
            ({"preprocessing": {"scale": 1e308}}, "preprocessing"),
            ({"overlap_px": 4096}, "overlap_px"),
            ({"tile_px": 100}, "tile_px"),
            ({"pixel_um": 0}, "pixel_um"),
            ({"nms_iou": -1}, "nms_iou"),
        ],
        ids=str,
    )
    def test_of_recipes_are_refused_by_name(self, client_as, inspected, values, field):
        answer = client_as(Role.LEAD).post(reverse("api:recipes"), {"code": "NEW", **values}, format="json")

        refused(answer, field=field)


class TestUploads:
    address = "/api/v1/inference/predict/"

    @pytest.mark.parametrize(
        ("content_type", "body", "status"),
        [
            ("multipart/form-data", b"x", 400),
            ("multipart/form-data; boundary=", b"x", 400),
            ("multipart/form-data; boundary=" + "b" * 300, b"x", 415),
            ("multipart/form-data; boundary=b", b"", 400),
            ("multipart/form-data; boundary=b", b"--b\r\n", 400),
            ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: nonsense\r\n\r\nx\r\n--b--", 400),
            (
                "multipart/form-data; boundary=b",
                b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\nx\r\n--b--',
                400,
            ),
            ("application/json", b"{}", 415),
            ("text/html", b"<html>", 415),
            ("", b"x", 415),
        ],
        ids=lambda value: str(value)[:50],
    )
    def test_that_are_none_are_refused(self, operator, content_type, body, status):
        answer = operator.generic("POST", self.address, body, content_type=content_type)

        assert answer.status_code == status
        refused(answer, field=None)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("lot", "a\u202eb"),
            ("lot", "x" * 65),
            ("wafer", "a\x07b"),
            ("slot", "-1"),
            ("slot", "one"),
            ("pixel_um", "nan"),
            ("pixel_um", "0"),
            ("pixel_um", "-5"),
            ("image_origin_x_um", "inf"),
            ("image_origin_y_um", "1e308"),
            ("model", "../../etc"),
            ("version", "1"),
            ("version", "\u0661.0.0"),
            ("external_id", "x" * 129),
            ("cache", "perhaps"),
            ("is_admin", "1"),
        ],
    )
    def test_with_values_that_cannot_be_are_refused_by_name(self, operator, inspected, field, value):
        answer = operator.post(self.address, {"image": BytesIO(b"x"), field: value}, format="multipart")

        refused(answer, field=field)

    @pytest.mark.parametrize(("given", "missing"), [("x", "y"), ("y", "x")])
    def test_with_half_of_a_place_are_refused_by_the_other_half(self, operator, inspected, given, missing):
        values = {"image": BytesIO(b"x"), f"image_origin_{given}_um": "5"}

        refused(operator.post(self.address, values, format="multipart"), field=f"image_origin_{missing}_um")

    def test_without_any_image_are_refused(self, operator):
        refused(operator.post(self.address, {"lot": "A"}, format="multipart"), field="image")

    def test_with_the_same_value_twice_are_refused(self, operator):
        refused(operator.post(self.address, {"lot": ["A", "B"]}, format="multipart"), field="lot")

    def test_of_more_than_a_hundred_are_refused(self, operator):
        answer = operator.post(
            "/api/v1/inference/batch/", {"images": [BytesIO(b"x") for _ in range(101)]}, format="multipart"
        )

        refused(answer, field=None)

    @pytest.mark.parametrize(
        "ids",
        ["[" * 100_000, '{"a":' * 50_000, "[" * 40 + "]" * 40, '["\\ud800"]', "[NaN]", '[{"a": 1, "a": 2}]', "null"],
        ids=lambda ids: ids[:8],
    )
    def test_with_ids_that_are_no_plain_json_are_refused_by_name(self, operator, inspected, ids):
        answer = operator.post(
            "/api/v1/inference/batch/", {"images": [BytesIO(b"x")], "external_ids": ids}, format="multipart"
        )

        refused(answer, field="external_ids")

    @pytest.mark.parametrize("ids", ['["a"]', "a,b", '{"a": 1}', "[1, 2]", '[["a"], "b"]', '["a", "\\u202e"]'])
    def test_with_ids_that_do_not_fit_are_refused(self, operator, inspected, ids):
        answer = operator.post(
            "/api/v1/inference/batch/",
            {"images": [BytesIO(b"x"), BytesIO(b"y")], "external_ids": ids},
            format="multipart",
        )

        refused(answer, field=None)

    def test_to_a_site_of_others_are_refused_like_to_none(self, operator, inspected):
        make_site("theirs")
        answers = [
            operator.post(self.address, {"image": BytesIO(b"x"), "site": code}, format="multipart")
            for code in ("theirs", "nowhere")
        ]

        assert [answer.status_code for answer in answers] == [404, 404]
        assert {**answers[0].json(), "request_id": 0} == {**answers[1].json(), "request_id": 0}

    def test_of_a_recipe_that_is_none_are_told_the_known_ones(self, operator, inspected):
        problem = operator.post(self.address, {"image": BytesIO(b"x"), "recipe": "NONE"}, format="multipart").json()

        assert problem["code"] == "unknown_recipe"
        assert "DEFAULT" in problem["detail"]


class TestMethodsAndForms:
    @pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
    def test_that_an_address_does_not_have_are_refused(self, operator, method):
        answer = getattr(operator, method)(reverse("api:lots"))

        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, HEAD"

    @pytest.mark.parametrize(
        ("name", "methods"), [("api:token", "POST, DELETE"), ("api:schema", "GET, HEAD"), ("metrics", "GET, HEAD")]
    )
    def test_options_are_of_no_address(self, operator, name, methods):
        answer = operator.options(reverse(name))

        assert answer.status_code == 405
        assert answer.headers["Allow"] == methods

    @pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png"])
    def test_of_answers_that_are_none_of_ours_are_refused(self, operator, accept):
        answer = operator.get(reverse("api:lots"), headers={"accept": accept})

        assert answer.status_code == 406
        refused(answer, field=None)

    def test_pages_do_not_take_what_they_do_not_have(self, client, site):
        client.force_login(make_user(Role.OPERATOR, site=site))

        assert client.post(reverse("inspection:health")).status_code == 405

    @pytest.mark.parametrize(
        "offered", ["short", "x" * 100, "a b c d e f", "id\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9", "<script>alert(1)"]
    )
    def test_request_ids_that_are_none_are_replaced(self, operator, offered):
        answer = operator.get(reverse("api:lots"), headers={"x-request-id": offered})

        assert answer.headers["X-Request-ID"] != offered

    def test_request_ids_are_given_back(self, operator):
        answer = operator.get(reverse("api:lots"), headers={"x-request-id": "tool-7.image-4711"})

        assert answer.headers["X-Request-ID"] == "tool-7.image-4711"


class TestTooManyParts:
    def test_of_a_form_are_counted_in_words_of_ours(self, operator):
        images = [BytesIO(b"x") for _ in range(101)]

        answer = operator.post(reverse("api:batch"), {"images": images}, format="multipart")

        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid"
        assert answer.json()["detail"].startswith("At most 100 images per request are taken.")


class TestWordsOfLibraries:
    """What a library says to those who wrote it is not said to those who use this."""

    def test_about_long_numbers(self, operator):
        body = '{"code": "M2", "step": %s}' % ("9" * 5000)

        answer = operator.post(reverse("api:layers"), body, content_type="application/json")

        assert answer.json()["detail"] == "The body is not JSON: a whole number has more than 300 digits"

    @pytest.mark.parametrize("path", ["/login/", "/api/v1/lots/"])
    def test_about_foreign_hosts(self, client, path):
        answer = client.get(path, headers={"host": "evil.example", "accept": "application/json"})

        assert answer.status_code == 400
        assert answer.json()["detail"] == "Nothing is served under this host name. Use the address you were given."


class TestKeys:
    @pytest.mark.parametrize("key", [5, True, None, 1.5, [], "5", "x" * 36])
    def test_that_are_no_uuids_are_refused(self, operator, inspected, key):
        answer = operator.post(reverse("api:batch"), {"ids": [key]}, format="json")

        refused(answer, field="ids")


class TestNoToken:
    def test_is_told_how_to_get_one(self, client):
        answer = client.get(reverse("api:lots"))

        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert "/api/v1/auth/token/" in answer.json()["detail"]
