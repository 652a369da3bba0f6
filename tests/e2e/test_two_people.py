"""Two people at the same wafer: who is there is seen, and who comes second loses nothing of their work."""

import pytest
from playwright.sync_api import expect

from tests.e2e.reviewing import all_saved, decide, shown, sit_down

pytestmark = [pytest.mark.e2e, pytest.mark.stack]
BACK_MS = 60_000


class TestWhoWasSecond:
    def test_sees_both_words_side_by_side_and_keeps_theirs_or_takes_the_others(
        self, screen_of, queue_of, live_stack, lead
    ):
        # As many as the first page holds, and some more for the second.
        queue = queue_of("E2E-SECOND", 10)
        late, first = screen_of("reviewer"), screen_of("reviewer2")
        page = sit_down(late, queue)
        late.context.set_offline(True)
        kept, given_up = decide(page), decide(page)
        for task in (kept, given_up):
            passed_on = {"holder": "reviewer", "to": "reviewer2", "reason": "Lost their line"}
            answer = lead.post(f"{live_stack.api}/review/tasks/{task}/hand-over/", json=passed_on, timeout=10)
            assert answer.status_code == 200, answer.text
        theirs = sit_down(first, queue)
        assert {decide(theirs, "x"), decide(theirs, "x")} == {kept, given_up}
        all_saved(theirs)

        late.context.set_offline(False)
        badge = page.locator("#clashes span")
        expect(badge).to_have_text("2 to compare", timeout=BACK_MS)
        page.reload()
        expect(badge).to_have_text("2 to compare")
        page.keyboard.press("v")
        sheet = page.locator("#clash")
        expect(sheet.get_by_role("heading")).to_have_text("reviewer2 decided this as well")
        expect(sheet.locator(".clash__who b")).to_have_text(["Yours", "reviewer2"])
        expect(sheet.locator(".clash__what").last).to_have_text("Nuisance")
        page.keyboard.press("Escape")
        expect(badge).to_have_text("2 to compare")

        page.keyboard.press("v")
        page.keyboard.press("ArrowLeft")
        expect(badge).to_have_text("1 to compare")
        page.keyboard.press("2")
        expect(sheet).to_be_hidden()
        expect(page.locator("#clashes")).to_be_hidden()
        all_saved(page)

        cards = [lead.get(f"{live_stack.api}/review/tasks/{task}/", timeout=10).json() for task in (kept, given_up)]
        assert [card["state"] for card in cards] == ["disputed", "decided"]
        assert {one["author"]: one["verdict"] for one in cards[0]["opinions"]} == {
            "reviewer": "defect",
            "reviewer2": "nuisance",
        }
        assert [one["author"] for one in cards[1]["opinions"]] == ["reviewer2"]
        late.forgive("ERR_INTERNET_DISCONNECTED|Failed to load|WebSocket")


class TestTheSameWafer:
    @pytest.fixture
    def queue(self, queue_of):
        """One in which everybody is asked about the same defects."""
        return queue_of("E2E-TOGETHER", 2, overlap_share=1.0)

    def test_shows_each_who_else_is_there_until_they_leave(self, screen_of, queue):
        screens = [screen_of(name) for name in ("reviewer", "reviewer2")]
        one, other = (sit_down(screen, queue) for screen in screens)
        assert shown(one) == shown(other)

        expect(one.locator("#present .person")).to_have_text("reviewer2")
        expect(other.locator("#present .person")).to_have_text("reviewer")
        other.close()

        expect(one.locator("#present")).to_be_hidden()

    def test_is_held_from_the_review_and_everybody_on_its_page_sees_why(self, screen_of, queue, live_stack, lead):
        page = sit_down(screen_of("reviewer"), queue)
        wafer = lead.get(f"{live_stack.api}/review/tasks/{shown(page)}/", timeout=10).json()["wafer"]
        watched = screen_of("operator").live(f"/wafers/{wafer['id']}/")
        expect(watched.locator("#present .person")).to_have_text("reviewer")

        page.keyboard.press("h")
        page.locator("#hold input").fill("Scratch across the die")
        page.keyboard.press("Enter")

        for held in (watched, page):
            expect(held.locator("#held")).to_contain_text("Scratch across the die · reviewer")
