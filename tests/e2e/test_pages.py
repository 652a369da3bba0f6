"""What holds for every page: strict policy, names, focus, keys, words for what is wrong."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.e2e, pytest.mark.stack]

PAGES = ("/", "/wafers/", "/upload/", "/jobs/", "/health/", "/golden-sets/", "/styleguide/")

NAMELESS = """() => [...document.querySelectorAll('button, a[href], input:not([type=hidden]), select')]
  .filter((element) => element.checkVisibility())
  .filter((element) => !(element.getAttribute('aria-label') || element.getAttribute('aria-labelledby')
    || element.textContent.trim() || element.title || element.labels?.length || element.placeholder))
  .map((element) => element.outerHTML.slice(0, 120))"""
# What is small to look at has an area of its own around it that takes the press.
SMALL = """() => [...document.querySelectorAll('button, .button, .rail__link, .input, input[type=range]')]
  .filter((element) => element.checkVisibility())
  .map((element) => [element.getBoundingClientRect().height,
    parseFloat(getComputedStyle(element, '::before').height) || 0, element.outerHTML.slice(0, 100)])
  .filter(([height, around]) => height > 0 && Math.max(height, around) < 43.5)
  .map(([height, , html]) => `${height} ${html}`)"""
SIDEWAYS = "() => { const main = document.querySelector('#main'); return main.scrollWidth - main.clientWidth }"
OVER_THE_EDGE = """() => [...document.querySelectorAll('.bar *, .rail *, .commands *, #main h1, #main .input')]
  .filter((element) => element.checkVisibility() && !element.closest('.visually-hidden, .skip, .table-scroll'))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 100))"""
OUTLINE = """() => { const style = getComputedStyle(document.activeElement)
  const near = document.activeElement.closest('.search, .card, .segments label, .choice') ?? document.activeElement
  return [style.outlineStyle, getComputedStyle(near).outlineStyle, document.activeElement.outerHTML.slice(0, 90)] }"""


class TestEveryPage:
    @pytest.mark.parametrize("path", PAGES)
    def test_can_be_used_by_keys_by_hand_and_by_ear(self, screen, path):
        page = screen.live(path)

        assert page.evaluate(NAMELESS) == [], "everything that can be used has a name"
        assert page.evaluate(SMALL) == [], "targets are at least 44 px high"
        assert page.evaluate(SIDEWAYS) <= 1, "nothing is cut off or scrolls sideways"
        assert page.locator("h1").count() == 1
        assert page.locator("html").get_attribute("lang") == "en"
        for _ in range(12):
            page.keyboard.press("Tab")
            own, near, html = page.evaluate(OUTLINE)
            assert own != "none" or near != "none", f"the focus is not seen on {html}"

    @pytest.mark.parametrize("path", PAGES)
    @pytest.mark.parametrize(
        ("width", "height"),
        [(820, 1180), (960, 540), (683, 384)],
        ids=["tablet", "full HD at 200 %", "laptop at 200 %"],
    )
    def test_fits_a_small_screen(self, screen, path, width, height):
        screen.page.set_viewport_size({"width": width, "height": height})
        page = screen.live(path)

        assert page.evaluate(SIDEWAYS) <= 1
        assert page.locator("#search input[type=search]").is_visible()
        assert page.evaluate(OVER_THE_EDGE) == []

    def test_forbids_inline_scripts_and_styles(self, screen):
        policy = screen.page.request.get(screen.address + "/").headers["content-security-policy"]

        assert re.search(r"script-src 'self' 'sha256-[\w+/=]+'(;|$)", policy), (
            "our files, and the import map by its digest"
        )
        assert "style-src 'self'" in policy
        assert "unsafe" not in policy

    @pytest.mark.parametrize("path", PAGES)
    def test_is_made_of_files_that_a_browser_keeps_for_good(self, screen, path):
        seen = []
        screen.page.on("response", lambda answer: seen.append(answer) if "/static/" in answer.url else None)

        screen.live(path)

        assert len(seen) > 10
        kept = {answer.url: answer.headers.get("cache-control", "") for answer in seen}
        assert [url for url, rule in kept.items() if "immutable" not in rule] == []


class TestKeys:
    def test_the_sheet_tells_the_keys_and_g_goes_places(self, screen):
        page = screen.live("/")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_contain_text("Pause or resume the view")
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).to_be_hidden()

        page.keyboard.press("g")
        page.keyboard.press("h")

        page.wait_for_url("**/health/")

    def test_letters_can_be_switched_off_for_good(self, screen):
        page = screen.live("/jobs/")
        page.keyboard.press("?")
        page.get_by_label("Letters and signs are keys").uncheck()
        page.keyboard.press("Escape")
        page.reload()

        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_hidden()
        page.get_by_role("button", name="Keys").click()
        page.get_by_label("Letters and signs are keys").check()
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()

    def test_search_takes_a_lot_and_a_wafer_and_opens_what_is_meant(self, screen, troubled):
        page = screen.live("/")
        page.keyboard.press("/")
        page.keyboard.type(f"{troubled['lot']['code']} {troubled['wafer']['code']}")
        expect(page.get_by_role("option").first).to_contain_text(troubled["wafer"]["code"])

        page.keyboard.press("Enter")

        page.wait_for_url(f"**/wafers/{troubled['wafer']['id']}/")


class TestTheWallSaysWhatToDo:
    def test_next_leads_through_what_needs_a_person_and_enter_opens_it(self, screen, troubled):
        page = screen.live("/")
        needing = page.locator(".card[data-level=alarm]")
        expect(needing.first.locator(".card__next")).to_be_visible()

        page.keyboard.press("n")

        expect(needing.first.locator("a")).to_be_focused()
        page.get_by_role("button", name="Next", exact=False).first.click()
        assert page.locator(".card[data-level=alarm] a:focus").count() == 1, "the button leaves the focus on a card"
        page.keyboard.press("Enter")
        page.wait_for_url("**/wafers/**")

    def test_an_alarm_leads_to_its_gravest_defect_without_a_key(self, screen, troubled):
        page = screen.live("/?band=person")
        page.locator(".card[data-level=alarm][data-state=done] a").first.click()

        chosen = page.locator(".defect[aria-selected=true]")
        expect(chosen).to_have_count(1)
        expect(page.locator(".defect").first).to_have_attribute("aria-selected", "true")
        expect(page.locator("#meant h2")).to_be_visible()

    def test_the_number_of_what_needs_a_person_shows_just_those(self, screen, troubled):
        page = screen.live("/")

        page.get_by_role("button", name="need a person").click()

        expect(page.locator(".card:not([data-level=alarm])")).to_have_count(0)
        expect(page.locator(".card").first).to_be_visible()
        assert "band=person" in page.url
        page.get_by_role("button", name="need a person").click()
        assert "band=" not in page.url


class TestDisplay:
    def test_a_theme_is_remembered_by_the_station(self, screen):
        page = screen.live("/")
        page.get_by_role("button", name="Display").click()
        page.get_by_label("Light").check(force=True)
        page.get_by_label("Gloves").check(force=True)
        expect(page.locator("html")).to_have_attribute("data-theme", "light")

        page.reload()

        expect(page.locator("html")).to_have_attribute("data-theme", "light")
        assert page.get_by_role("link", name="Upload", exact=True).bounding_box()["height"] >= 72


class TestSigningIn:
    def test_a_wrong_password_says_so_and_keeps_the_name(self, browser, live_stack):
        context = browser.new_context()
        page = context.new_page()
        page.goto(live_stack.address + "/upload/")
        page.get_by_label("User name").fill("operator")
        page.get_by_label("Password").fill("wrong")

        page.get_by_role("button", name="Sign in").click()

        expect(page.get_by_role("alert")).to_contain_text("wrong")
        expect(page.get_by_label("User name")).to_have_value("operator")
        page.get_by_label("Password").fill("demo")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/upload/")
        context.close()

    def test_a_page_that_is_not_there_says_what_to_do(self, screen):
        page = screen.open("/wafers/01890000-0000-7000-8000-000000000000/")

        expect(page.get_by_text("What to do")).to_be_visible()
        expect(page.get_by_role("button", name="Copy the request's id")).to_be_visible()
        screen.forgive("404")

    def test_an_auditor_is_told_who_may_upload(self, screen_of):
        page = screen_of("auditor").live("/upload/")

        expect(page.get_by_text("An admin of your site can grant it")).to_be_visible()
        expect(page.locator(".command[data-command=files]")).to_be_disabled()
