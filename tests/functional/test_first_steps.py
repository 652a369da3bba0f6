"""From an empty database to a program that may inspect, by the commands of docs/operations.md."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Site, User
from audit.actions import Action
from audit.models import AuditEvent
from inspection.models import DefectClass

pytestmark = pytest.mark.django_db
PASSWORD = "a wafer has one notch"


def add_site(code="FAB9"):
    call_command("add_site", code, name="Fab 9", stdout=io.StringIO())


@pytest.fixture
def add_user(monkeypatch):
    def added(username, *, password=PASSWORD, role="operator", site="FAB9", full_name=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        call_command("add_user", username, role=[role], site=[site], full_name=full_name, stdout=io.StringIO())

    return added


def test_lead_to_an_account_that_finds_a_recipe_at_its_site(add_user):
    add_site()
    add_user("olga")
    client = APIClient()

    token = client.post(reverse("api:token"), {"username": "olga", "password": PASSWORD}, format="json").json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    recipes = client.get(reverse("api:recipes")).json()["results"]

    assert [recipe["code"] for recipe in recipes] == ["DEFAULT"]
    assert DefectClass.objects.count() == 8


def test_are_in_the_trail(add_user):
    add_site()
    add_user("olga")

    made = set(AuditEvent.objects.values_list("action", flat=True))
    assert {Action.SITE_CREATED, Action.RECIPE_CREATED, Action.USER_CREATED} <= made


def test_taken_twice_make_no_second_site():
    add_site()
    add_site()

    assert Site.objects.filter(code="FAB9").count() == 1


@pytest.mark.parametrize(
    ("what", "values", "said"),
    [
        ("a password that is guessed soon", {"password": "password"}, "too common"),
        ("a password that is short", {"password": "notch7!left"}, "at least 12"),
        ("a password that is the person's name", {"password": "olga.petrova", "full_name": "Olga Petrova"}, "similar"),
        ("a site that is not there", {"site": "FAB8"}, "no site FAB8"),
        ("a name with a space", {"username": "o l g a"}, "valid username"),
    ],
)
def test_refuse(add_user, what, values, said):
    add_site()

    with pytest.raises(CommandError, match=said):
        add_user(**{"username": "olga", **values})
    assert not User.objects.exists()


def test_refuse_a_name_that_is_taken(add_user):
    add_site()
    add_user("olga")

    with pytest.raises(CommandError, match="already"):
        add_user("olga")


def test_refuse_a_site_whose_code_cannot_be_one():
    with pytest.raises(CommandError, match="valid"):
        add_site("no site")
