"""Tokens whose text is lost: found by the console, and revoked there."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import ApiToken
from accounts.services import issue_token
from audit.models import AuditEvent
from core.actors import service_account
from core.clock import now
from core.roles import Role
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def issued_to(user, *, name="api", scopes=("read", "write")):
    """The text of a new token."""
    return issue_token(user=user, name=name, scopes=list(scopes), actor=service_account("test"), now=now())[1]


def tokens(**options):
    said = io.StringIO()
    call_command("tokens", stdout=said, **options)
    return said.getvalue()


@pytest.fixture
def olga(site):
    return make_user(Role.OPERATOR, site=site, username="olga")


def test_are_listed_with_who_has_them_and_never_in_full(site, olga):
    texts = [issued_to(olga, name="tool 7", scopes=("read",)), issued_to(make_user(site=site, username="otto"))]

    listed = tokens()

    assert f"{texts[0][:15]}  olga  tool 7  read  " in listed
    assert len(listed.splitlines()) == 2
    assert not any(text in listed for text in texts)
    assert "otto" not in tokens(user="olga")


@pytest.mark.parametrize("said", ["its name", "its beginning", "its text"])
def test_are_revoked_by_name_or_by_how_they_begin(olga, said):
    text = issued_to(olga, name="tool 7")
    kept = issued_to(olga, name="tool 8")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {text}")
    assert client.get(reverse("api:lots")).status_code == 200

    wanted = {"its name": "tool 7", "its beginning": text[:10], "its text": text}[said]

    assert tokens(revoke=wanted).startswith(f"Revoked: {text[:15]}  olga")

    assert client.get(reverse("api:lots")).status_code == 401
    assert ApiToken.objects.get().token_key == kept[:15]
    event = AuditEvent.objects.get(action="account.token_revoke")
    assert (event.actor["username"], event.object_id) == ("service:console", str(olga.pk))
    assert event.before == {"name": "tool 7", "token": text[:15]}


def test_are_not_revoked_when_several_are_meant(olga, site):
    texts = [issued_to(olga), issued_to(make_user(site=site, username="otto"))]

    with pytest.raises(CommandError, match="2 tokens are meant by api") as refusal:
        tokens(revoke="api")

    assert all(text[:15] in str(refusal.value) for text in texts)
    assert ApiToken.objects.count() == 2
    assert tokens(revoke="api", user="otto").startswith(f"Revoked: {texts[1][:15]}")


def test_are_never_all_of_them(olga):
    issued_to(olga)

    with pytest.raises(CommandError, match="Say which"):
        tokens(revoke="")
    assert ApiToken.objects.count() == 1


def test_that_are_none_are_said_to_be(olga):
    with pytest.raises(CommandError, match="There is no token tool 9"):
        tokens(revoke="tool 9")
