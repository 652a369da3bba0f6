"""From the bars of the timeline to what a deployment has touched."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.test_pages import NAMELESS, SIDEWAYS, SMALL

pytestmark = [pytest.mark.e2e, pytest.mark.stack]


def test_from_who_judges_to_every_wafer_it_touched_by_keys(screen_of, troubled):
    screen = screen_of("model_engineer")
    page = screen.live("/deployments/?zoom=24h")
    expect(page.locator(".lanes__bar").first).to_be_visible()
    assert [page.evaluate(question) for question in (NAMELESS, SMALL)] == [[], []]

    page.keyboard.press("t")
    expect(page.locator(".lanes__bar:focus")).to_have_attribute("aria-label", re.compile("champion of everything"))
    page.keyboard.press("Enter")

    page.wait_for_url("**/deployments/*/")
    expect(page.locator("#wafers tr").first).to_be_visible()
    assert [page.evaluate(NAMELESS), page.evaluate(SMALL), page.evaluate(SIDEWAYS) <= 1] == [[], [], True]
    page.keyboard.press("j")
    expect(page.locator("#wafers .table__link").first).to_be_focused()
    page.keyboard.press("r")
    expect(page.locator("#rerun-sheet")).to_contain_text("What counts stays as it is")
