"""A reviewer at the keyboard: a long sitting, two at once, and every way in which work could be lost."""

import itertools
import re
import signal
import statistics

import pytest
from playwright.sync_api import expect

from tests.e2e.reviewing import all_saved, decide, drag, handed_out, middle_of, shown, sit_down
from tests.live_stack import PASSWORD, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.stack]

SITTING = 200
# Faster than anybody looks.
A_LOOK_MS = 100
BACK_MS = 60_000


# From the key to the frame after the next defect is drawn, in ms; what was shown first had no key.
WAITS = """() => {
  const keys = performance.getEntriesByName("review:key"), painted = performance.getEntriesByName("review:painted")
  return keys.map(({ startTime }) => (painted.find((mark) => mark.startTime > startTime)?.startTime ?? NaN) - startTime)
    .filter(Number.isFinite)
}"""


class TestALongSitting:
    def test_of_200_decisions_loses_none_and_waits_for_none(self, screen_of, queue_of, said, record_property):
        queue = queue_of("E2E-SITTING", SITTING + 1)
        screen = screen_of("reviewer")
        page = sit_down(screen, queue)
        expected = {}

        for key in itertools.islice(itertools.cycle(["Enter", "x", "3", "Enter", "Space"]), SITTING):
            task = decide(page, key)
            expected[task] = key
            page.wait_for_timeout(A_LOOK_MS)
        all_saved(page)

        assert len(expected) == SITTING
        found = said("E2E-SITTING")
        assert set(found) == set(expected)
        for task, key in expected.items():
            author, change, class_code = found[task]
            assert author == "reviewer"
            assert change == "nuisance" if key == "x" else change in ("confirmed", "reclassed")
            assert key != "3" or class_code == "pit"
        waits_ms = page.evaluate(WAITS)
        record_property("key_to_painted_ms", {"median": statistics.median(waits_ms), "worst": max(waits_ms)})
        assert len(waits_ms) >= SITTING * 0.9
        assert statistics.median(waits_ms) < 100


class TestTwoReviewers:
    def test_never_see_the_same_defect(self, screen_of, queue_of, said):
        queue = queue_of("E2E-TWO", 40)
        pages = [sit_down(screen_of(name), queue) for name in ("reviewer", "reviewer2")]

        decided = [[decide(page) for _ in range(10)] for page in pages]
        for page in pages:
            all_saved(page)

        assert not set(decided[0]) & set(decided[1])
        found = said("E2E-TWO")
        assert {found[task][0] for task in decided[0]} == {"reviewer"}
        assert {found[task][0] for task in decided[1]} == {"reviewer2"}


class TestOneDefect:
    @pytest.fixture
    def page(self, screen_of, queue_of):
        # One queue for all of them: each takes some of what is left.
        return sit_down(screen_of("reviewer"), queue_of("E2E-ONE", 8))

    def card(self, live_stack, lead, task):
        return lead.get(f"{live_stack.api}/review/tasks/{task}/", timeout=10).json()

    def test_comes_back_by_undo_and_can_be_decided_otherwise(self, page, live_stack, lead):
        task = decide(page, "x")

        page.keyboard.press("u")
        expect(page.locator("html")).to_have_attribute("data-task", task)
        decide(page, "Enter")
        all_saved(page)

        card = self.card(live_stack, lead, task)
        assert [row["verdict"] for row in card["history"]] == ["nuisance", "withdrawn", "defect"]
        assert card["state"] == "decided"

    def test_is_redrawn_by_keys_pixel_by_pixel(self, page, live_stack, lead):
        task = shown(page)
        page.keyboard.press("e")
        for _ in range(3):
            page.keyboard.press("ArrowUp")
        page.keyboard.press("Shift+ArrowRight")

        decide(page, "Enter")
        all_saved(page)

        card = self.card(live_stack, lead, task)
        x, y, width, height = card["bbox_px"]
        assert card["annotation"]["change"] == "redrawn"
        assert card["annotation"]["bbox_px"] == pytest.approx([x, max(0, y - 3), width + 1, height], abs=1.01)

    def test_that_the_model_missed_is_added_by_drawing_it(self, page, live_stack, lead):
        task = shown(page)
        viewer = page.locator("#viewer").bounding_box()
        middle = (viewer["x"] + viewer["width"] / 2, viewer["y"] + viewer["height"] / 2)
        page.keyboard.press("m")
        page.mouse.move(middle[0] - 60, middle[1] - 60)
        page.mouse.down()
        page.mouse.move(middle[0] + 40, middle[1] + 30, steps=4)
        page.mouse.up()
        page.keyboard.press("4")
        expect(page.locator(".toast")).to_contain_text("Added: Stain")
        all_saved(page)

        assert shown(page) == task
        wafer = self.card(live_stack, lead, task)["wafer"]["id"]
        rows = lead.get(f"{live_stack.api}/review/tasks/?state=decided&wafer={wafer}", timeout=10).json()["results"]
        assert [row["annotation"]["class_code"] for row in rows if row["kind"] == "missed"] == ["stain"]

    def test_is_outlined_corner_by_corner_and_kept_before_it_is_decided(self, page, live_stack, lead):
        task = shown(page)
        x, y = middle_of(page)
        page.keyboard.press("e")
        page.keyboard.press("v")
        for right, down in ((-60, -40), (50, -50), (200, 90)):
            page.mouse.click(x + right, y + down)
        page.keyboard.press("Backspace")
        page.mouse.click(x + 10, y + 60)
        page.keyboard.press("Enter")
        expect(page.locator("#meant")).to_contain_text("Outline drawn: 3 corners")
        page.wait_for_timeout(600)
        all_saved(page)
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-task", task)
        expect(page.locator("#meant")).to_contain_text("Outline drawn: 3 corners")

        decide(page, "Enter")
        all_saved(page)

        said = self.card(live_stack, lead, task)["annotation"]
        assert (said["change"], said["shape"]["kind"], len(said["shape"]["points_px"])) == ("redrawn", "polygon", 3)

    def test_is_found_by_a_scribble_and_what_was_missed_beside_it_is_painted(self, page, live_stack, lead):
        task = shown(page)
        x, y = middle_of(page)
        page.keyboard.press("m")
        page.keyboard.press("w")
        drag(page, (x + 60, y + 50), (x + 110, y + 80))
        page.keyboard.press("4")
        page.keyboard.press("e")
        page.keyboard.press("a")
        drag(page, (x - 8, y), (x + 8, y + 4))
        expect(page.locator("#meant")).to_contain_text(re.compile("Outline drawn|Painted"))

        decide(page, "Enter")
        all_saved(page)

        card = self.card(live_stack, lead, task)
        assert card["annotation"]["shape"]["kind"] in ("polygon", "mask")
        wafer = card["wafer"]["id"]
        rows = lead.get(f"{live_stack.api}/review/tasks/?state=decided&wafer={wafer}", timeout=10).json()["results"]
        assert [row["shape"]["kind"] for row in rows if row["kind"] == "missed" and row["shape"]] == ["mask"]

    def test_that_is_half_drawn_is_found_again_by_a_page_that_is_loaded_anew(self, page):
        page.keyboard.press("e")
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#meant")).to_contain_text("Box drawn anew")
        task, box = shown(page), page.locator("#facts").inner_text()
        page.wait_for_timeout(600)
        all_saved(page)

        page.reload()

        expect(page.locator("html")).to_have_attribute("data-task", task)
        expect(page.locator("#meant")).to_contain_text("Box drawn anew")
        assert page.locator("#facts").inner_text() == box

        decide(page, "Enter")
        page.keyboard.press("u")
        expect(page.locator("html")).to_have_attribute("data-task", task)
        page.wait_for_timeout(600)
        all_saved(page)
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-task", task)
        expect(page.locator("#meant")).to_contain_text("Box drawn anew")

    def test_is_decided_by_a_key_of_ones_own_and_what_is_taken_is_said_in_sight(self, page):
        page.get_by_role("button", name="My keys").click()
        asked = page.locator('[data-rebind="review.nuisance"]')
        asked.click()
        expect(asked).to_have_text("Press a key")
        # The pointer lies on it, and it can be read all the same.
        action = page.locator("[data-action=confirm]").evaluate("button => getComputedStyle(button).backgroundColor")
        expect(asked).to_have_css("background-color", action)

        page.keyboard.press("m")
        fault = page.locator("#rebinds").get_by_role("alert")
        expect(fault).to_contain_text("This key is taken: Add what the model has missed")
        expect(fault).to_be_in_viewport()
        page.keyboard.press("9")
        page.keyboard.press("Escape")

        expect(page.locator("[data-action=nuisance] kbd")).to_have_text("9")
        decide(page, "9")

    def test_that_is_skipped_with_a_reason_is_somebody_elses(self, page, live_stack):
        task = shown(page)
        page.keyboard.press("s")
        page.keyboard.press("1")
        expect(page.locator("html")).not_to_have_attribute("data-task", task)
        all_saved(page)

        page.reload()
        expect(page.locator("html")).to_have_attribute("data-task", re.compile("."))
        assert shown(page) != task


class TestNothingIsLost:
    def test_without_a_line(self, screen_of, queue_of, said):
        queue = queue_of("E2E-OFFLINE", 8)
        screen = screen_of("reviewer")
        page = sit_down(screen, queue)
        screen.context.set_offline(True)

        decided = [decide(page, key) for key in ("Enter", "x", "Enter", "x")]
        expect(page.locator("#saved")).to_contain_text("4 kept here")
        screen.context.set_offline(False)
        all_saved(page, timeout=BACK_MS)

        assert set(said("E2E-OFFLINE")) == set(decided)
        screen.forgive("ERR_INTERNET_DISCONNECTED|Failed to load|WebSocket")

    def test_when_the_page_is_gone_before_the_line_is_back(self, screen_of, queue_of, said):
        queue = queue_of("E2E-CRASH", 8)
        screen = screen_of("reviewer")
        page = sit_down(screen, queue)
        screen.context.set_offline(True)
        decided = [decide(page) for _ in range(3)]
        expect(page.locator("#saved")).to_contain_text("3 kept here")
        page.keyboard.press("Shift+B")
        page.locator("#book-sheet [data-kind=borderline]").click()
        expect(page.get_by_text("It goes into the book by itself")).to_be_visible()
        page.close(run_before_unload=False)
        assert said("E2E-CRASH") == {}

        screen.context.set_offline(False)
        screen.page = screen.new_page()
        page = sit_down(screen, queue)
        expect(page.get_by_text("it is in the book")).to_be_visible()
        all_saved(page, timeout=BACK_MS)

        assert set(said("E2E-CRASH")) == set(decided)
        screen.forgive("ERR_INTERNET_DISCONNECTED|Failed to load|WebSocket")

    @pytest.mark.parametrize("part", ["web", "postgres"])
    def test_when_a_server_dies(self, screen_of, queue_of, said, live_stack, part):
        code = f"E2E-{part.upper()}"
        queue = queue_of(code, 8)
        screen = screen_of("reviewer")
        page = sit_down(screen, queue)
        first = decide(page)

        before = live_stack.kill(part, with_signal=signal.SIGKILL)
        decided = [first, *(decide(page, key) for key in ("x", "Enter", "x"))]
        live_stack.wait_for_restart(before)
        all_saved(page, timeout=BACK_MS)

        found = eventually(lambda: said(code), within_s=30, what="what was said")
        assert set(found) == set(decided)
        screen.forgive("Failed to load|WebSocket|ERR_|50[0-9]")

    def test_when_the_sign_in_ends(self, screen_of, queue_of, said):
        queue = queue_of("E2E-SIGNED-OUT", 8)
        screen = screen_of("reviewer")
        page = sit_down(screen, queue)
        screen.context.clear_cookies()

        decided = [decide(page) for _ in range(2)]
        expect(page.locator("#saved")).to_contain_text("2 kept here")
        with screen.context.expect_page() as opened:
            page.get_by_role("link", name="Sign in again").first.click()
        tab = opened.value
        tab.get_by_label("User name").fill("reviewer")
        tab.get_by_label("Password").fill(PASSWORD)
        with tab.expect_event("close"):
            tab.get_by_role("button", name="Sign in").click(no_wait_after=True)
        all_saved(page, timeout=BACK_MS)

        assert set(said("E2E-SIGNED-OUT")) == set(decided)
        screen.forgive("401|4401|403|WebSocket")


class TestALead:
    @pytest.fixture
    def disputed(self, live_stack, queue_of):
        """Two reviewers differ about three defects and agree about a fourth."""
        code = "E2E-DISPUTES"
        queue = queue_of(code, 6, overlap_share=1.0)
        first = live_stack.session("reviewer")
        asked = [task["id"] for task in handed_out(live_stack, first, queue, 4)]
        for name, verdicts in (("reviewer", "dddd"), ("reviewer2", "nnnd")):
            session = live_stack.session(name)
            # Asked for by their names: the queue may be filling still, and hand out older ones first.
            for key, verdict in zip(asked, verdicts, strict=True):
                address = f"{live_stack.api}/review/tasks/{key}/"
                seen = session.get(address, timeout=10).json()["revision"]
                word = {"seen_revision": seen, "verdict": {"d": "defect", "n": "nuisance"}[verdict]}
                answer = session.post(f"{address}decisions/", json=word, timeout=10)
                assert answer.status_code == 201, answer.text
        return code

    def test_decides_where_reviewers_differ_and_can_take_it_back(self, screen, disputed, live_stack, lead):
        page = screen.live("/review/disputes/")
        expect(page.locator("#quarrels .quarrel")).to_have_count(3)
        expect(page.locator("html")).to_have_attribute("data-task", re.compile("."))
        first = shown(page)
        expect(page.locator("#opinions .opinion")).to_have_count(3)

        page.keyboard.press("2")
        expect(page.locator("html")).not_to_have_attribute("data-task", first)
        expect(page.locator("#quarrels .quarrel")).to_have_count(2)
        card = lead.get(f"{live_stack.api}/review/tasks/{first}/", timeout=10).json()
        assert (card["state"], card["annotation"]["layer"]) == ("validated", "adjudication")

        page.keyboard.press("u")
        expect(page.locator("#quarrels .quarrel")).to_have_count(3)
        for _ in range(3):
            before = page.locator("#quarrels .quarrel").count()
            page.keyboard.press("x")
            expect(page.locator("#quarrels .quarrel")).to_have_count(before - 1)
        expect(page.locator("#disputes-empty")).to_be_visible()

    def test_accepts_what_others_decided_and_leaves_out_what_stands_out(self, screen, queue_of, live_stack, lead):
        queue = queue_of("E2E-ACCEPT", 6)
        session = live_stack.session("reviewer")
        given = handed_out(live_stack, session, queue, 4)
        for task in given:
            word = {"seen_revision": task["revision"], "verdict": "defect"}
            answer = session.post(f"{live_stack.api}/review/tasks/{task['id']}/decisions/", json=word, timeout=10)
            assert answer.status_code == 201, answer.text
        wafer = given[0]["wafer"]["id"]
        here = [task["id"] for task in given if task["wafer"]["id"] == wafer]

        page = screen.live(f"/review/decided/?wafer={wafer}")
        expect(page.locator(".shot[data-id]")).to_have_count(len(here))
        page.locator(".shot[data-id]").first.click()
        out = page.locator(".shot[data-id]").first.get_attribute("data-id")
        page.locator("#accept").click()
        page.locator("#confirm [value=yes]").click()

        expect(page.locator(".shot[data-id]")).to_have_count(1)
        states = {task: lead.get(f"{live_stack.api}/review/tasks/{task}/", timeout=10).json()["state"] for task in here}
        assert states == {task: "decided" if task == out else "accepted" for task in here}
