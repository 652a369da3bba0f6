"""What one person does is on everybody's screen."""

import re
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.live_stack import wafer_png
from tests.sending import send

pytestmark = [pytest.mark.e2e, pytest.mark.stack]


def _card(page, lot):
    return page.locator(".card").filter(has_text=lot)


class TestTwoScreens:
    def test_what_one_uploads_appears_on_the_wall_of_the_other_and_leads_to_the_wafer(self, screen_of, tmp_path: Path):
        image = tmp_path / "W07.png"
        image.write_bytes(wafer_png(7001))
        watching, sending = screen_of("reviewer"), screen_of("operator")
        wall = watching.live("/")
        page = sending.live("/upload/")

        page.get_by_label("Lot", exact=True).fill("TWO-SCREENS")
        page.locator("#pick-files").set_input_files(image)
        page.locator("[data-command=start]").click()

        expect(_card(wall, "TWO-SCREENS")).to_be_visible()
        expect(page.get_by_text("All 1 file inspected")).to_be_visible()
        _card(wall, "TWO-SCREENS").locator("a").click()
        expect(wall.get_by_role("heading", level=1)).to_be_visible()
        assert "/wafers/" in wall.url

    def test_another_site_sees_nothing_of_it(self, screen_of, live_stack, api):
        foreign = screen_of("other").live("/")

        send(live_stack, api, image=wafer_png(7002), lot="NOT-YOURS")
        send(live_stack, live_stack.session("other"), image=wafer_png(7006), lot="THEIR-OWN")

        expect(_card(foreign, "THEIR-OWN")).to_be_visible()
        expect(_card(foreign, "NOT-YOURS")).to_have_count(0)


class TestALostConnection:
    def test_is_shown_and_the_gap_is_filled_on_return(self, screen, live_stack, api):
        wall = screen.live("/")
        screen.context.set_offline(True)
        expect(wall.locator("#banner")).to_contain_text("cannot be reached")
        send(live_stack, api, image=wafer_png(7003), lot="IN-THE-GAP")
        expect(_card(wall, "IN-THE-GAP")).to_have_count(0)

        screen.context.set_offline(False)

        expect(_card(wall, "IN-THE-GAP")).to_be_visible()
        expect(wall.locator("#banner")).to_be_hidden()
        screen.forgive(r"ERR_INTERNET_DISCONNECTED|WebSocket")


class TestPausing:
    def test_holds_the_view_and_counts_what_arrives_meanwhile(self, screen, live_stack, api):
        wall = screen.live("/")
        wall.keyboard.press("p")
        expect(wall.locator("#paused")).to_be_visible()

        send(live_stack, api, image=wafer_png(7004), lot="WHILE-PAUSED")

        expect(wall.locator("#paused b")).to_have_text("1 new")
        expect(_card(wall, "WHILE-PAUSED")).to_have_count(0)
        wall.keyboard.press("p")
        expect(_card(wall, "WHILE-PAUSED")).to_be_visible()


class TestFilters:
    def test_are_kept_in_the_address(self, screen, troubled):
        wall = screen.live("/")

        wall.get_by_label("Band").select_option("waiting")

        expect(wall.get_by_text("No wafer matches these filters")).to_be_visible()
        assert "band=waiting" in wall.url
        wall.reload()
        expect(wall.get_by_label("Band")).to_have_value("waiting")
        wall.get_by_role("button", name="Clear").click()
        expect(wall.locator(".card").first).to_be_visible()


class TestTheMarkOfWhatIsNew:
    def test_is_for_arrivals_and_not_for_another_view_of_the_same_wafers(self, screen, live_stack, api, troubled):
        wall = screen.live("/?view=grid")
        expect(wall.locator(".card").first).to_be_visible()
        wall.evaluate(
            """() => { window.marked = 0; new MutationObserver((changes) => { for (const { target } of changes)
              window.marked += target.querySelectorAll('.card--new').length })
              .observe(document.querySelector('#wall'), { childList: true, subtree: true }) }"""
        )

        wall.keyboard.press("v")
        expect(wall.locator("#wall")).to_have_attribute("data-view", "lanes")
        expect(wall.locator(".card").first).to_be_visible()
        assert wall.evaluate("window.marked") == 0

        send(live_stack, api, image=wafer_png(7005), lot="MARKED-NEW")
        expect(_card(wall, "MARKED-NEW")).to_be_visible()
        assert wall.evaluate("window.marked") > 0


SEEDS = count(7100)
LANES = "() => [...document.querySelectorAll('.lane')].map((lane) => lane.dataset.tool)"
RESTLESS_HAND = """() => { const move = () => dispatchEvent(new PointerEvent('pointermove'))
  move()
  setInterval(move, 500) }"""
SEEN_WHOLE = """(card) => { const { top, bottom } = card.getBoundingClientRect()
  return top >= document.querySelector('.wall-head').getBoundingClientRect().bottom && bottom <= innerHeight }"""

CUT_AWAY = """() => [...document.querySelectorAll('.card')].filter((element) => {
  const { boxes, image } = element.card
  if (!boxes?.length) return false
  const [x, y, width, height] = ['critical', 'major', 'minor', 'nuisance']
    .map((name) => boxes.find((box) => box[5] === name)).find(Boolean)
  const seen = element.querySelector('.card__picture').getBoundingClientRect()
  const whole = element.querySelector('.card__overlay').getBoundingClientRect()
  const scale = whole.width / image.width_px
  const isCut = (start, size, from, to) => size <= to - from && (start < from - 1 || start + size > to + 1)
  return isCut(whole.left + x * scale, width * scale, seen.left, seen.right)
    || isCut(whole.top + y * scale, height * scale, seen.top, seen.bottom)
}).map(({ card }) => card.wafer.code)"""


class TestWhatArrivesOutOfSight:
    """Of three lanes a desk's screen shows two."""

    @pytest.fixture
    def lanes(self):
        return [f"LANE-{next(SEEDS)}" for _ in range(3)]

    @pytest.fixture
    def wall(self, screen, live_stack, api, lanes):
        for tool in reversed(lanes):
            send(live_stack, api, image=wafer_png(next(SEEDS)), lot="OUT-OF-SIGHT", tool=tool, wafer=tool)
        wall = screen.live("/?view=lanes")
        expect(wall.locator("[data-figure=wafers] b"), "the wall has all of its cards").to_have_text(re.compile(r"\d"))
        expect(wall.locator(".lane").first).to_have_attribute("data-tool", lanes[0])
        assert wall.evaluate(LANES)[:3] == lanes, "who sent last comes first"
        return wall

    def test_comes_to_the_front_where_nobody_is_at_the_page(self, wall, lanes, live_stack, api):
        send(live_stack, api, image=wafer_png(next(SEEDS)), lot="OUT-OF-SIGHT", tool=lanes[1], wafer="BEFORE-EYES")
        expect(_card(wall, "BEFORE-EYES")).to_be_visible()
        assert wall.evaluate(LANES)[:3] == lanes, "what is seen stays in its place"

        send(live_stack, api, image=wafer_png(next(SEEDS)), lot="OUT-OF-SIGHT", tool=lanes[2], wafer="HIDDEN")
        expect(wall.locator(".lane").first).to_have_attribute("data-tool", lanes[2])
        assert wall.evaluate(LANES)[1:3] == lanes[:2]
        expect(wall.locator("#news")).to_be_hidden()

    def test_is_told_under_a_hand_and_one_key_away(self, wall, lanes, live_stack, api):
        wall.evaluate(RESTLESS_HAND)

        send(live_stack, api, image=wafer_png(next(SEEDS)), lot="OUT-OF-SIGHT", tool=lanes[2], wafer="TOLD")

        expect(wall.locator("#news")).to_contain_text("1 new below")
        assert wall.evaluate(LANES)[:3] == lanes, "nothing moves under a hand"
        wall.keyboard.press("w")
        expect(_card(wall, "TOLD").locator("a")).to_be_focused()
        expect(wall.locator("#news")).to_be_hidden()
        assert _card(wall, "TOLD").evaluate(SEEN_WHOLE)


class TestThePictureOfACard:
    @pytest.mark.parametrize("width", [1280, 683])
    def test_shows_its_gravest_box_whole_however_it_is_cut(self, screen, troubled, width):
        screen.page.set_viewport_size({"width": width, "height": 800})
        wall = screen.live("/?view=grid")
        expect(wall.locator(".card .boxes").first).to_be_attached()

        assert wall.evaluate(CUT_AWAY) == []
