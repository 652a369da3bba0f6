"""Uploads and jobs as a person follows them, with a bad file, and with the model away."""

import signal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.live_stack import PASSWORD, wafer_png

pytestmark = [pytest.mark.e2e, pytest.mark.stack]


def _files(folder: Path, **contents: bytes) -> list[Path]:
    for name, content in contents.items():
        (folder / f"{name}.png").write_bytes(content)
    return sorted(folder.iterdir())


class TestUploading:
    def test_a_bad_file_says_what_to_do_and_its_neighbours_are_inspected(self, screen, tmp_path):
        page = screen.live("/upload/")
        page.get_by_label("Lot", exact=True).fill("E2E-MIXED")
        page.locator("#pick-files").set_input_files(
            _files(tmp_path, good=wafer_png(7101), text=b"just words\n" * 20, empty=b"")
        )

        page.locator("[data-command=start]").click()

        expect(page.locator("#sum")).to_have_text("1 of 3 files inspected")
        expect(page.locator(".file", has_text="text.png")).to_contain_text("Export it as PNG or TIFF")
        expect(page.locator(".file", has_text="empty.png")).to_contain_text("The file is empty")
        page.locator(".file", has_text="good.png").get_by_role("link").click()
        expect(page.locator("#verdict .band")).to_be_visible()
        screen.forgive("422")

    def test_survives_the_model_being_away_and_tells_it_on_every_page(self, screen, live_stack, tmp_path):
        page = screen.live("/upload/")
        page.get_by_label("Lot", exact=True).fill("E2E-AWAY")
        page.locator("#pick-files").set_input_files(_files(tmp_path, one=wafer_png(7201)))
        live_stack.kill("triton", with_signal=signal.SIGSTOP)
        try:
            page.locator("[data-command=start]").click()
            expect(page.locator(".file")).to_contain_text("Stored, waits for the model")
            expect(page.locator("#banner")).to_contain_text("inference server")
        finally:
            live_stack.kill("triton", with_signal=signal.SIGCONT)

        expect(page.locator("#sum")).to_have_text("All 1 file inspected", timeout=40_000)
        expect(page.locator("#banner")).to_be_hidden(timeout=40_000)

    def test_keeps_the_files_when_the_sign_in_ends_and_goes_on_after_the_next(self, screen_of, live_stack, tmp_path):
        screen = screen_of("operator")
        page = screen.live("/upload/")
        page.get_by_label("Lot", exact=True).fill("E2E-SIGN-IN")
        page.locator("#pick-files").set_input_files(_files(tmp_path, one=wafer_png(7251), two=wafer_png(7252)))
        screen.context.clear_cookies()

        page.locator("[data-command=start]").click()

        expect(page.locator("#connection")).to_contain_text("Signed out")
        expect(page.locator("#alarms")).to_contain_text("System unknown")
        expect(page.locator(".file").first).to_contain_text("Your sign-in has ended")
        with screen.context.expect_page() as opened:
            page.get_by_role("link", name="Sign in again").click()
        tab = opened.value
        tab.get_by_label("User name").fill("operator")
        tab.get_by_label("Password").fill(PASSWORD)
        with tab.expect_event("close"):
            tab.get_by_role("button", name="Sign in").click(no_wait_after=True)
        expect(page.locator("#sum")).to_have_text("All 2 files inspected", timeout=40_000)
        screen.forgive("401|4401|403")


class TestAJob:
    def test_is_followed_to_its_end_with_the_reason_of_what_failed(self, screen, live_stack, api):
        files = [("images", (f"{seed}.png", wafer_png(seed), "image/png")) for seed in range(7301, 7307)]
        files.append(("images", ("words.png", b"no image at all", "image/png")))
        about = {"lot": "E2E-JOB", "label": "night batch"}
        job = api.post(f"{live_stack.api}/inference/batch/", files=files, data=about, timeout=60).json()

        page = screen.live(f"/jobs/{job['id']}/")

        expect(page.get_by_role("heading", name="night batch")).to_be_visible()
        expect(page.locator("#job-state")).to_have_text("Done, 1 failed", timeout=40_000)
        page.get_by_role("button", name="Failed", exact=True).click()
        expect(page.locator("#items tr")).to_have_count(1)
        expect(page.locator("#items")).to_contain_text("words.png")
        page.get_by_role("link", name="All jobs").click()
        expect(page.locator("#jobs")).to_contain_text("night batch")


class TestHealth:
    def test_names_every_part_and_the_version_that_serves(self, screen):
        page = screen.live("/health/")

        expect(page.get_by_role("heading", name="Everything works")).to_be_visible()
        for part in ("PostgreSQL", "Redis", "Triton", "Worker", "Beat", "Image store", "Decoder", "Model"):
            expect(page.locator(".tile", has_text=part).first).to_contain_text("Working")
        expect(page.locator("#models")).to_contain_text("visual_defects__")
