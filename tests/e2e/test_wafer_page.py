"""Map, image and strip are one: keys, pointer and filters act on all three."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PATIENCE_MS
from tests.live_stack import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.stack]

PATIENCE_S = PATIENCE_MS / 1000


@pytest.fixture
def page(screen, troubled):
    page = screen.live(f"/wafers/{troubled['wafer']['id']}/")
    expect(page.locator(".defect")).to_have_count(troubled["detection_count"])
    return page


# Corners of the image and size of its place, in pixels of the screen.
PLACE = """() => {
  const viewer = OpenSeadragon.getViewer(document.querySelector("#viewer")), item = viewer.world.getItemAt(0)
  const point = (x, y) => item.imageToViewerElementCoordinates(new OpenSeadragon.Point(x, y))
  const size = item.getContentSize()
  const low = point(0, 0), high = point(size.x, size.y), place = viewer.element
  return { left: low.x, top: low.y, right: place.clientWidth - high.x, bottom: place.clientHeight - high.y }
}"""

# What keeps the image from being at rest: open, aware of its place's size, and moving no more.
UNREST = """() => {
  const viewer = OpenSeadragon.getViewer(document.querySelector("#viewer")), place = viewer?.element
  if (!viewer?.world.getItemAt(0)) return ["not open"]
  const { viewport } = viewer, size = viewport.getContainerSize()
  const moving = ["zoomSpring", "centerSpringX", "centerSpringY"].filter((name) => !viewport[name].isAtTargetValue())
  const sizes = [`${size.x} x ${size.y}`, `${place.clientWidth} x ${place.clientHeight}`]
  return sizes[0] === sizes[1] ? moving : [...moving, `sized for ${sizes[0]} in a place of ${sizes[1]}`]
}"""


def rest(page):
    eventually(
        lambda: page.evaluate(UNREST) == [],
        within_s=PATIENCE_S,
        what="the image to move no more",
        why=lambda: page.evaluate(UNREST),
    )


class TestTheWaferPage:
    def test_the_whole_image_is_in_sight_and_stays_so_when_the_window_changes(self, page):
        page.locator("#viewer canvas").first.wait_for()
        for width, height in ((1920, 1080), (1366, 768)):
            page.set_viewport_size({"width": width, "height": height})
            eventually(
                lambda: page.evaluate(UNREST) == [] and min(page.evaluate(PLACE).values()) >= -1,
                within_s=PATIENCE_S,
                what="the whole image",
            )

        page.keyboard.press("j")
        page.keyboard.press("z")
        eventually(lambda: min(page.evaluate(PLACE).values()) < -1, within_s=PATIENCE_S, what="the defect, zoomed into")
        rest(page)
        page.set_viewport_size({"width": 1600, "height": 900})
        rest(page)
        assert min(page.evaluate(PLACE).values()) < -1, "what a person has zoomed into is left alone"

    def test_keys_go_through_the_defects_and_the_details_follow(self, page):
        page.keyboard.press("j")
        first = page.locator(".defect[aria-selected=true]")
        expect(first).to_have_count(1)
        name = first.get_attribute("data-id")
        expect(page.locator("#meant h2")).to_have_text(first.locator("b").first.inner_text())

        page.keyboard.press("j")

        expect(page.locator(f'.defect[data-id="{name}"]')).to_have_attribute("aria-selected", "false")
        page.keyboard.press("Escape")
        expect(page.locator(".defect[aria-selected=true]")).to_have_count(0)

    def test_a_click_on_a_box_means_its_defect_in_the_strip(self, page, troubled):
        box = max(troubled["detections"], key=lambda one: one["bbox_px"][2] * one["bbox_px"][3])
        image = troubled["images"][0]
        page.locator("#viewer canvas").first.wait_for()
        viewer = page.locator("#viewer").bounding_box()
        scale = min(viewer["width"] / image["width_px"], viewer["height"] / image["height_px"])
        left = viewer["x"] + (viewer["width"] - image["width_px"] * scale) / 2
        top = viewer["y"] + (viewer["height"] - image["height_px"] * scale) / 2
        x, y, width, height = box["bbox_px"]
        rest(page)

        page.mouse.click(left + (x + width / 2) * scale, top + (y + height / 2) * scale)

        expect(page.locator(".defect[aria-selected=true]")).to_have_count(1)
        expect(page.locator("#meant .top3 li")).to_have_count(3)

    def test_the_provenance_is_read_in_two_columns(self, page, troubled):
        provenance = page.locator("#run .facts").last

        expect(provenance).to_contain_text("Pixels of image 1")
        expect(provenance.locator(":scope > dt")).to_have_count(5)
        expect(provenance.locator(":scope > dd")).to_have_count(5)

    def test_a_class_goes_and_comes_by_its_key(self, page, troubled):
        code = troubled["detections"][0]["class_code"]
        toggle = page.locator(f"[data-class={code}]")
        others = sum(one["class_code"] != code for one in troubled["detections"])

        page.keyboard.press(toggle.locator("kbd").inner_text())

        expect(toggle).to_have_attribute("aria-pressed", "false")
        expect(page.locator(".defect")).to_have_count(others)
        page.keyboard.press("a")
        expect(page.locator(".defect")).to_have_count(troubled["detection_count"])

    def test_the_threshold_hides_what_is_less_certain(self, page, troubled):
        threshold = sorted(one["confidence"] for one in troubled["detections"])[1]

        page.locator("#threshold").evaluate(
            "(input, value) => { input.value = value; input.dispatchEvent(new Event('input', {bubbles: true})) }",
            str(threshold + 0.005),
        )

        expect(page.locator(".defect")).not_to_have_count(troubled["detection_count"])
        expect(page.locator("#strip-title")).to_contain_text(" of ")

    def test_the_ruler_measures_in_micrometres(self, page):
        page.keyboard.press("r")
        expect(page.locator("[data-command=ruler]")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#scale-text")).to_contain_text("µm")
        viewer = page.locator("#viewer").bounding_box()
        middle = (viewer["x"] + viewer["width"] / 2, viewer["y"] + viewer["height"] / 2)

        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + 80, middle[1] + 20, steps=4)
        page.mouse.up()

        expect(page.locator("#measured")).to_have_text(re.compile(r"Measured \d+(\.\d+)? (nm|µm|mm)"))
        page.keyboard.press("r")
        expect(page.locator("#measured")).to_have_text("")

    def test_the_ruler_measures_by_keys(self, page):
        page.keyboard.press("ArrowRight")
        meant = page.locator(".defect[aria-selected=true]").get_attribute("data-id")
        page.keyboard.press("r")
        expect(page.locator("#measured")).to_contain_text("arrows")

        page.keyboard.press("ArrowRight")
        expect(page.locator("#measured")).to_have_text(re.compile(r"Measured \d"))
        across = page.locator("#measured").text_content()
        page.keyboard.press("Shift+ArrowLeft")
        expect(page.locator("#measured")).not_to_have_text(across)

        assert page.locator(".defect[aria-selected=true]").get_attribute("data-id") == meant
        page.keyboard.press("Escape")
        expect(page.locator("[data-command=ruler]")).to_have_attribute("aria-pressed", "false")

    def test_escape_closes_the_levels_before_it_lets_go_of_the_defect(self, page):
        page.keyboard.press("j")
        page.keyboard.press("b")
        expect(page.locator("#levels")).to_be_visible()

        page.keyboard.press("Escape")

        expect(page.locator("#levels")).to_be_hidden()
        expect(page.locator(".defect[aria-selected=true]")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator(".defect[aria-selected=true]")).to_have_count(0)

    def test_one_class_is_shown_alone_by_key_or_by_shift(self, page, troubled):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("i")
        expect(page.locator("#classes [aria-pressed=true]")).to_have_count(1)
        page.keyboard.press("i")
        expect(page.locator("#classes [aria-pressed=false]")).to_have_count(0)

        page.locator("#classes button").last.focus()
        page.keyboard.press("Shift+Enter")

        expect(page.locator("#classes [aria-pressed=true]")).to_have_count(1)
        expect(page.locator("#classes button").last).to_have_attribute("aria-pressed", "true")

    def test_provenance_can_be_read(self, page, troubled):
        page.locator("summary", has_text="provenance").click()

        expect(page.locator("#run")).to_be_visible()
        expect(page.locator("#run")).to_contain_text(troubled["provenance"]["model_sha256"][:12])
        expect(page.locator("#run")).to_contain_text("infer")


def box(page, selector):
    """Left, top, right and bottom, in pixels of the screen."""
    found = page.locator(selector).bounding_box()
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


class TestItFitsTheScreen:
    @pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 800)])
    def test_what_is_shown_is_chosen_without_scrolling(self, page, width, height):
        page.set_viewport_size({"width": width, "height": height})
        rest(page)

        for part in ("#threshold", "#opacity", "#classes", "#strip", "#viewer"):
            _, _, right, bottom = box(page, part)
            assert right <= width and bottom <= height, part
        switch = page.locator("#classes button").first.bounding_box()
        assert min(switch["width"], switch["height"]) >= 44
        expect(page.locator("#run")).to_be_hidden()

    @pytest.mark.parametrize(("width", "height"), [(1280, 800), (960, 540), (683, 900), (390, 844)])
    def test_the_picture_keeps_a_size_to_work_in(self, page, width, height):
        page.set_viewport_size({"width": width, "height": height})
        rest(page)

        left, top, right, bottom = box(page, "#viewer")
        assert min(right - left, bottom - top) >= 280
        _, bar_top, bar_right, _ = box(page, ".scale")
        assert bar_right - left <= 0.4 * (right - left) and bottom - bar_top <= 0.25 * (bottom - top)
        assert page.locator("#main").evaluate("(main) => main.scrollWidth <= main.clientWidth")

    def test_gloves_find_large_targets(self, page):
        page.evaluate("document.documentElement.dataset.glove = 'on'")

        for part in (".wafer__where", ".steps__way", "[data-step=next]", "#classes button >> nth=0"):
            found = page.locator(part).bounding_box()
            assert min(found["width"], found["height"]) >= 72, part


class TestFromWaferToWafer:
    def test_along_the_list_one_came_from(self, screen, troubled):
        page = screen.live("/wafers/?lot=E2E")
        ids = page.locator("tr[data-wafer]").evaluate_all("(rows) => rows.map((row) => row.dataset.wafer)")
        page.locator(f"tr[data-wafer='{ids[0]}'] .table__link").click()
        steps = page.locator("#steps")
        expect(steps).to_contain_text(f"1 of {len(ids)}")

        page.keyboard.press("p")
        expect(page.locator("#toasts")).to_contain_text("The list begins here.")
        if len(ids) > 1:
            page.keyboard.press("n")
            page.wait_for_url(f"**/wafers/{ids[1]}/")
            expect(steps).to_contain_text(f"2 of {len(ids)}")
            page.get_by_role("button", name="Previous wafer of the list").click()
            page.wait_for_url(f"**/wafers/{ids[0]}/")
        expect(page.locator(".steps__way")).to_have_attribute("href", "/wafers/?lot=E2E")

    def test_along_what_needs_a_person_for_who_comes_from_elsewhere(self, page):
        expect(page.locator("#steps")).to_contain_text("needing a person")
        expect(page.get_by_role("button", name="Next wafer that needs a person")).to_be_visible()
        expect(page.get_by_role("button", name="Next defect")).to_be_visible()
