"""Browsers on the running product. Every screen complains about what its console says, so no test has to ask."""

import itertools
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.live_stack import PASSWORD, LiveStack, eventually
from tests.sending import send, troubled_png

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESK = {"width": 1280, "height": 800}
PATIENCE_MS = 20_000
REVIEW_SEEDS = itertools.count(500)


class Screen:
    """One person's browser window."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.address = address
        self.complaints: list[str] = []
        self.page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def forgive(self, pattern: str) -> None:
        """Strike out complaints that the test itself brought about."""
        self.complaints = [text for text in self.complaints if not re.search(pattern, text)]

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def live(self, path: str = "/") -> Page:
        """The page once its events flow."""
        page = self.open(path)
        expect(page.locator("#connection [data-text]")).to_have_text("Live")
        return page


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Stopped after the last test of this folder: its event loop must not meet other tests."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium, or set CHROMIUM")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def sessions() -> dict[str, Any]:
    """Cookies of who has signed in already, by name."""
    return {}


@pytest.fixture
def screen_of(browser: Browser, live_stack: LiveStack, sessions: dict[str, Any]) -> Iterator[Callable[[str], Screen]]:
    """Opens a window of somebody's own. After the test every window has to be free of complaints."""
    opened: list[Screen] = []

    def make(username: str) -> Screen:
        context = browser.new_context(viewport=DESK, storage_state=sessions.get(username), reduced_motion="reduce")
        screen = Screen(context, live_stack.address)
        opened.append(screen)
        if username not in sessions:
            sign_in(screen.page, live_stack.address, username)
            sessions[username] = context.storage_state()
        return screen

    yield make
    complaints = [text for screen in opened for text in screen.complaints]
    for screen in opened:
        screen.context.close()
    assert complaints == []


@pytest.fixture
def screen(screen_of: Callable[[str], Screen]) -> Screen:
    return screen_of("lead")


@pytest.fixture(scope="package")
def api(live_stack: LiveStack) -> requests.Session:
    """A tool that sends images over REST."""
    return live_stack.session("operator")


@pytest.fixture(scope="package")
def troubled(live_stack: LiveStack) -> dict[str, Any]:
    """An inspected wafer with detections of several classes, whatever the shipped model is sure of."""
    lead = live_stack.session("lead")
    classes = [row["code"] for row in lead.get(f"{live_stack.api}/defect_classes/", timeout=10).json()["results"]]
    made = lead.post(
        f"{live_stack.api}/recipes/", json={"code": "E2E-LOW", "thresholds": dict.fromkeys(classes, 0.03)}, timeout=10
    )
    made.raise_for_status()
    for seed in range(20):
        run = send(live_stack, lead, image=troubled_png(seed), lot="E2E", wafer=f"T{seed:02d}", recipe="E2E-LOW")
        if 3 <= run["detection_count"] <= 300 and len(run["counts_by_class"]) > 1:
            return run
    raise AssertionError("the shipped model found hardly anything on twenty bad wafers")


@pytest.fixture(scope="package")
def lead(live_stack: LiveStack) -> requests.Session:
    """A lead at the API."""
    return live_stack.session("lead")


@pytest.fixture(scope="package")
def sensitive(troubled: dict[str, Any]) -> str:
    """A recipe that reports whatever the model has an inkling of."""
    return "E2E-LOW"


@pytest.fixture
def queue_of(live_stack: LiveStack, lead: requests.Session, sensitive: str) -> Callable[..., str]:
    """A queue in which at least so many tasks wait that no other queue had."""

    def make(code: str, count: int, **values: Any) -> str:
        layer = lead.post(f"{live_stack.api}/layers/", json={"code": code}, timeout=10)
        assert layer.status_code in (200, 201), layer.text
        found = 0
        while found < count:
            run = send(
                live_stack, lead, image=troubled_png(next(REVIEW_SEEDS)), lot="E2E-REVIEW", layer=code, recipe=sensitive
            )
            found += run["detection_count"]
        body = {"code": code, "name": code, "order": "oldest", "selection": {"layers": [code]}, **values}
        queue = lead.post(f"{live_stack.api}/review/queues/", json=body, timeout=10).json()

        def waiting() -> bool:
            rows = lead.get(f"{live_stack.api}/review/queues/", timeout=10).json()["results"]
            return bool(next(row["open"] for row in rows if row["id"] == queue["id"]) >= count)

        eventually(waiting, within_s=60, what=f"{count} tasks in {code}")
        return str(queue["id"])

    return make


@pytest.fixture
def said(live_stack: LiveStack, lead: requests.Session) -> Callable[[str], dict[str, tuple[str, str, str | None]]]:
    """What counts for each task of a layer: by its key, who said what."""

    def of(code: str) -> dict[str, tuple[str, str, str | None]]:
        found, address = {}, f"{live_stack.api}/review/tasks/?state=decided&limit=60"
        while address:
            page = lead.get(address, timeout=20).json()
            for task in page["results"]:
                if task["layer"] == code:
                    counts = task["annotation"]
                    found[task["id"]] = (counts["author"], counts["change"], counts["class_code"])
            address = page["next"] and f"{live_stack.address}{page['next']}"
        return found

    return of


def sign_in(page: Page, address: str, username: str, password: str = PASSWORD) -> None:
    page.goto(f"{address}/login/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
