"""A model engineer deploys a version, sees every step, and goes back by one key and a reason."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.test_pages import NAMELESS, SIDEWAYS, SMALL

pytestmark = [pytest.mark.e2e, pytest.mark.stack]
PAGE = "/models/visual_defects/deploy/"


def test_a_version_is_deployed_and_rolled_back_and_the_server_says_what_it_cost(screen_of):
    page = screen_of("model_engineer").live(PAGE)
    champion = page.locator("#routes tr").first.locator("td").nth(1).locator("b")
    old = champion.inner_text()
    offered = page.locator("#deploy-version option")
    expect(offered.nth(1)).to_be_attached()
    new = next(text.split()[0] for text in offered.all_inner_texts() if text.split()[0] != old)

    page.locator("#deploy-version").select_option(new)
    expect(page.locator("#deploy-effect")).to_contain_text(f"visual_defects {new} will judge everything.")
    assert [page.evaluate(look) for look in (NAMELESS, SMALL)] == [[], []]
    assert page.evaluate(SIDEWAYS) <= 1
    page.locator("#deploy-go").click()
    expect(champion).to_have_text(new)
    expect(page.locator("#held li", has_text=old)).to_contain_text("Warm")

    page.keyboard.press("x")
    expect(page.get_by_role("heading", name=f"Roll everything back from {new} to {old}")).to_be_visible()
    page.keyboard.press("1")
    expect(champion).to_have_text(old)

    page.get_by_role("link", name="Server", exact=True).click()
    expect(page.locator("#server-state")).to_contain_text("Triton 2.")
    expect(page.locator("#models tr", has_text=old).first).to_contain_text("judges everything")
    expect(page.locator("#calls")).to_contain_text(re.compile(rf"visual_defects {re.escape(old)}"))
    assert [page.evaluate(look) for look in (NAMELESS, SMALL)] == [[], []]


def test_whoever_may_not_deploy_sees_what_judges_and_who_may(screen_of):
    page = screen_of("lead").live(PAGE)

    expect(page.locator("#routes b").first).to_have_text(re.compile(r"\d+\.\d+\.\d+"))
    expect(page.get_by_text("model engineer or an approver")).to_be_visible()
    assert page.locator("#deploy-form, #back-all").count() == 0
