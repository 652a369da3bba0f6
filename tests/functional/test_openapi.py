"""The document at /api/schema/ covers every operation, and its page works under our own policy."""

import re

import pytest
import yaml
from django.test import Client
from django.urls import reverse
from drf_spectacular.validation import validate_schema

from core import policy
from core.roles import Role
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(client_as):
    answer = client_as(Role.AUDITOR).get(reverse("api:schema"))
    assert answer.status_code == 200
    return yaml.safe_load(answer.content)


class TestDocument:
    def test_is_valid(self, document):
        validate_schema(document)

    def test_covers_every_operation(self, document):
        described = sum(len(operations) for operations in document["paths"].values())
        wanted = sum(
            len(rule.methods)
            for rule in policy.rules()
            if rule.kind == "http" and (rule.name.startswith("api:") or rule.name == "metrics")
        )

        # The schema and its page do not describe themselves.
        assert described == wanted - 2

    def test_says_in_one_line_what_every_operation_does(self, document):
        said = {
            (path, method): operation.get("summary", "")
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }

        assert {key: line for key, line in said.items() if not 0 < len(line) <= 110} == {}

    def test_says_how_every_operation_fails(self, document):
        for operations in document["paths"].values():
            for operation in operations.values():
                assert set(operation["responses"]) >= {"400", "401", "403", "404", "503"}

    def test_lists_the_sockets(self, document):
        assert {socket["path"] for socket in document["x-websockets"]} == {
            "/ws/live/", "/ws/wafers/{wafer_id}/", "/ws/jobs/{job_id}/", "/ws/stream/", "/ws/review/",
        }  # fmt: skip
        assert all(socket["description"] for socket in document["x-websockets"])

    def test_asks_for_a_token(self, document):
        assert document["components"]["securitySchemes"]["token"]["name"] == "Authorization"


class TestPage:
    @pytest.fixture
    def docs(self, site):
        client = Client()
        client.force_login(make_user(Role.OPERATOR, site=site))
        return client.get(reverse("api:docs"))

    def test_runs_no_inline_script(self, docs):
        assert docs.status_code == 200
        assert "script-src 'self'" in docs.headers["Content-Security-Policy"]
        assert re.findall(r"<script(?![^>]*src=)", docs.content.decode()) == []

    def test_has_no_inline_style(self, docs):
        assert "<style" not in docs.content.decode()
        assert " style=" not in docs.content.decode()

    def test_loads_nothing_from_elsewhere(self, docs):
        assert re.findall(r"(?:src|href)=\"(https?:|//)", docs.content.decode()) == []
