"""The permission table and the addresses name each other: nothing is open because it was forgotten."""

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, path
from rest_framework.views import APIView

from config.routing import sockets
from core import policy
from core.origins import refuse_handshake
from core.roles import Role
from tests.factories import client_of, make_user

METHODS = ("get", "post", "put", "patch", "delete")


def named_patterns(resolver=None, namespace=""):
    """Every URL of the house with its full name."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from named_patterns(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}", entry


PATTERNS = dict(named_patterns())
HTTP_RULES = [rule for rule in policy.rules() if rule.kind == "http"]
SOCKET_RULES = [rule for rule in policy.rules() if rule.kind == "ws"]


class TestEveryAddressHasARow:
    def test_no_two_addresses_share_a_name(self):
        names = [name for name, _ in named_patterns()]

        assert sorted(set(names)) == sorted(names)

    @pytest.mark.parametrize("name", sorted(PATTERNS))
    def test_with_each_of_its_methods(self, name):
        view = getattr(PATTERNS[name].callback, "cls", None)
        wanted = [method.upper() for method in METHODS if hasattr(view, method)] if view else ["GET"]
        if view is None and policy.methods_of(kind="http", name=name) == ["POST"]:
            wanted = ["POST"]

        missing = [method for method in wanted if policy.find(kind="http", name=name, method=method) is None]

        assert missing == []

    @pytest.mark.parametrize("rule", HTTP_RULES, ids=lambda rule: rule.name)
    def test_and_every_row_an_address(self, rule):
        assert rule.name in PATTERNS

    @pytest.mark.parametrize("rule", HTTP_RULES, ids=lambda rule: rule.name)
    def test_and_a_method_that_its_view_knows(self, rule):
        view = getattr(getattr(PATTERNS.get(rule.name), "callback", None), "cls", None)

        assert view is None or all(hasattr(view, method.lower()) for method in rule.methods)

    def test_no_row_comes_twice(self):
        rows = [(rule.kind, rule.name, method) for rule in policy.rules() for method in rule.methods]

        assert len(set(rows)) == len(rows)


class TestTheBackOffice:
    """Django's admin writes past the services: nothing would be in the trail."""

    def test_is_not_there(self):
        assert not apps.is_installed("django.contrib.admin")
        assert [name for name in PATTERNS if name.startswith("admin:")] == []


class TestEverySocketHasARow:
    def test_and_every_row_a_socket(self):
        routes = {f"/{pattern.pattern}" for pattern in sockets.routes[:-1]}

        assert routes == {rule.name for rule in SOCKET_RULES}

    def test_and_whatever_else_is_asked_for_is_refused(self):
        assert sockets.routes[-1].callback is refuse_handshake


class TestWhatTheOwnersSaid:
    def test_only_health_login_and_tokens_are_for_everybody(self):
        public = {(rule.name, method) for rule in policy.rules() if rule.is_public for method in rule.methods}

        assert public == {
            ("healthz", "GET"), ("readyz", "GET"), ("login", "GET"), ("login", "POST"), ("api:token", "POST"),
        }  # fmt: skip

    def test_an_auditor_changes_nothing(self):
        changes = {
            rule.name
            for rule in policy.rules()
            if rule.methods != {"GET"} and not rule.is_public and Role.AUDITOR in rule.roles
        }

        # Ending one's own session or token, or noting what one has read, changes nothing of anybody else's.
        assert changes == {"logout", "api:token", "api:thread_read", "api:mentions_read"}

    @pytest.mark.parametrize("role", [Role.APPROVER, Role.AUDITOR, Role.ADMIN])
    @pytest.mark.parametrize("name", ["api:predict", "api:batch"])
    def test_images_are_sent_by_those_who_inspect(self, role, name):
        assert not policy.find(kind="http", name=name, method="POST").admits({role})


class PlantedView(APIView):
    def get(self, request):
        return HttpResponse("in")


def planted_page(request):
    return HttpResponse("in")


urlpatterns = [
    path("planted/", planted_page, name="planted_page"),
    path("api/planted/", PlantedView.as_view(), name="planted_view"),
]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
class TestAnAddressWithoutARow:
    @pytest.mark.parametrize("address", ["/planted/", "/api/planted/"])
    @pytest.mark.parametrize("role", list(Role))
    def test_is_closed_to_every_role(self, address, role):
        client = client_of(make_user(role))

        assert client.get(address, headers={"accept": "application/json"}).status_code == 403

    def test_is_closed_to_superusers(self):
        user = make_user()
        user.is_superuser = user.is_staff = True
        user.save()

        assert client_of(user).get("/api/planted/").status_code == 403
