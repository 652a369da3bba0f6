"""A comment that is pinned to a place without a line reaches whom it names, and leads them there."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.e2e, pytest.mark.stack]
SCRIPT = "<img src=x onerror=alert(1)>"


class TestACommentOnAPlace:
    def test_is_kept_without_a_line_and_leads_whom_it_names_to_the_place(self, screen_of, troubled):
        operator, lead = screen_of("operator"), screen_of("lead")
        page = operator.live(f"/wafers/{troubled['wafer']['id']}/")
        badge = lead.live("/review/mentions/").locator("#mentions [data-text]")
        expect(page.locator(".talk-button")).to_be_visible()
        page.keyboard.press("j")
        page.keyboard.press("Shift+C")
        expect(page.locator(".talk__field")).to_be_focused()
        page.keyboard.type("Is it one? @le")
        expect(page.locator("#talk-names").get_by_role("option")).to_have_count(2)
        page.keyboard.press("Enter")
        expect(page.locator(".talk__field")).to_have_value("Is it one? @lead ")

        operator.context.set_offline(True)
        page.keyboard.type(SCRIPT)
        page.keyboard.press("Enter")
        expect(page.locator(".talk__comment[data-pending]")).to_have_count(1)
        expect(page.locator(".pin")).to_have_count(1)
        operator.context.set_offline(False)
        page.reload()
        expect(page.locator(".pin")).to_have_count(1)

        expect(badge).to_have_text("1")
        lead.page.locator(".mention").first.click()
        expect(lead.page).to_have_url(re.compile(f"/wafers/{troubled['wafer']['id']}/.*thread="))
        expect(lead.page.locator(".talk__comment")).to_contain_text(SCRIPT)
        expect(badge).to_have_text("")
        lead.page.get_by_role("button", name="Resolve").click()
        expect(page.locator(".pin")).to_have_count(0)
        operator.forgive("ERR_INTERNET_DISCONNECTED|WebSocket")
