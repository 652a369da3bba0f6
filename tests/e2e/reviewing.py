"""What a reviewer does at the review page, as steps of tests."""

import re
from typing import Any

import requests
from playwright.sync_api import Page, expect

from tests.live_stack import LiveStack


def sit_down(screen: Any, queue: str) -> Page:
    """Open a queue, and wait for its first defect. `screen` is a `Screen`."""
    page: Page = screen.live(f"/review/{queue}/")
    expect(page.locator("html")).to_have_attribute("data-task", re.compile("."))
    return page


def shown(page: Page) -> str:
    """The task on the screen."""
    return page.locator("html").get_attribute("data-task") or ""


def decide(page: Page, key: str = "Enter") -> str:
    """Press a key that decides, and wait for the next defect. Returns the task that was decided."""
    task = shown(page)
    page.keyboard.press(key)
    expect(page.locator("html")).not_to_have_attribute("data-task", task)
    expect(page.locator("html")).to_have_attribute("data-task", re.compile("."))
    return task


def handed_out(live_stack: LiveStack, session: requests.Session, queue: str, count: int) -> list[dict[str, Any]]:
    """Tasks that a queue puts into somebody's hands."""
    answer = session.post(f"{live_stack.api}/review/queues/{queue}/next/", json={"count": count}, timeout=10)
    assert answer.status_code == 200, answer.text
    tasks: list[dict[str, Any]] = answer.json()["tasks"]
    return tasks


def middle_of(page: Page) -> tuple[float, float]:
    """The middle of the picture, in pixels of the page."""
    box = page.locator("#viewer").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=6)
    page.mouse.up()


def all_saved(page: Page, *, timeout: float = 20_000) -> None:
    """Wait until the server has heard of all that was decided."""
    expect(page.locator("#saved")).to_have_text("All saved", timeout=timeout)
