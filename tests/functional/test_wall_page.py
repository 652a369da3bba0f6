"""The live wall's page: it comes with the cards of the first screen; the rest is asked for by the page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.selectors import actor_for_user
from core.roles import Role
from inspection import selectors
from inspection.models import InspectionRun, Tool
from inspection.views import pages as views
from tests.factories import AT, make_inspected, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(site):
    return make_user(Role.OPERATOR, site=site)


@pytest.fixture
def runs(site):
    """Six runs of wafers of one tool, newest first, the oldest of a tool that has been silent since."""
    made = [make_inspected(site, at=AT + timedelta(minutes=age)).run for age in range(6)]
    InspectionRun.objects.filter(pk=made[0].pk).update(tool=Tool.objects.create(site=site, code="SILENT"))
    return [str(run.pk) for run in reversed(made)]


class TestTheFirstScreen:
    @pytest.mark.parametrize(
        ("case", "least", "of_a_tool", "expected"),
        [
            ("the newest of all", 3, 0, [0, 1, 2]),
            ("the newest of each tool, however old", 2, 1, [0, 1, 5]),
            ("every one", 6, 1, [0, 1, 2, 3, 4, 5]),
        ],
    )
    def test_has(self, runs, person, case, least, of_a_tool, expected):
        cards, are_all = selectors.first_cards(actor_for_user(person), least=least, of_a_tool=of_a_tool)

        assert [card["run"] for card in cards] == [runs[place] for place in expected]
        assert are_all is (len(expected) == len(runs))

    def test_has_the_same_cards_as_the_answer_that_fills_the_wall(self, runs, person):
        actor = actor_for_user(person)

        cards, _ = selectors.first_cards(actor, least=3, of_a_tool=1)

        assert [card for card in selectors.wall_cards(actor) if card in cards] == cards

    @pytest.mark.parametrize(("least", "is_told"), [(2, False), (6, True)])
    def test_tells_the_page_whether_there_are_others(self, runs, person, monkeypatch, least, is_told):
        monkeypatch.setattr(views, "CARDS_AT_FIRST", least)
        monkeypatch.setattr(views, "CARDS_OF_A_TOOL_AT_FIRST", 1)
        client = Client()
        client.force_login(person)

        answer = client.get(reverse("inspection:wall")).content.decode()

        assert ("data-all" in answer) is is_told
