"""The pages around the review: data sets, scorecards, agreement, quality, the plan of one's time, whole wafers."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from pycocotools.coco import COCO

from tests.e2e.reviewing import all_saved, handed_out, shown
from tests.live_stack import PASSWORD, eventually
from tests.sending import send, troubled_png

pytestmark = [pytest.mark.e2e, pytest.mark.stack]

# Two days ago two reviewers decided what a queue gives both of them, each otherwise, and a lead decided between them:
# one's own scorecard is of days that are over.
DISPUTED = """
from datetime import timedelta
from accounts import services as accounts
from accounts.models import Site, User
from accounts.selectors import actor_for_user
from annotations import services
from annotations.models import ReviewTask
from core.clock import now
from core.roles import Role
from demo.site import ACTOR, SITE
accounts.create_user(
    username="{name}", password="{password}", roles=[Role.REVIEWER], sites=[Site.objects.get(code=SITE)],
    full_name="New here", actor=ACTOR, now=now(),
)
at = now() - timedelta(days=2)
who = {{name: actor_for_user(User.objects.get(username=name)) for name in ("{name}", "reviewer2", "lead")}}
keys = []
for name, verdict in (("{name}", "defect"), ("reviewer2", "nuisance")):
    _, keys = services.next_tasks(queue_id="{queue}", count=2, actor=who[name], now=at)
    for task in ReviewTask.objects.filter(pk__in=keys):
        word = services.Word(verdict=verdict, took_ms=1200)
        services.decide(task_id=task.pk, word=word, seen_revision=task.revision, actor=who[name], now=at)
for task in ReviewTask.objects.filter(pk__in=keys):
    word = services.Word(verdict="nuisance")
    services.adjudicate(
        task_id=task.pk, word=word, reason="Only noise", seen_revision=task.revision, actor=who["lead"], now=at
    )
"""


@pytest.fixture
def tag():
    """What makes a name one that nobody has had."""
    return uuid4().hex[:6].upper()


@pytest.fixture
def review(live_stack):
    """Somebody at the API of the review: (session) -> call(method, path, body) that must succeed."""

    def of(session):
        def call(method, path, body=None):
            answer = session.request(method, f"{live_stack.api}/{path}", json=body, timeout=20)
            assert answer.status_code < 300, answer.text
            return answer.json()

        return call

    return of


@pytest.fixture
def accepted(live_stack, lead, queue_of, review):
    """So many findings of a layer of its own that are accepted, on wafers of one lot."""

    def make(code, count):
        queue = queue_of(code, count)
        reviewer, leader = live_stack.session("reviewer"), review(lead)
        say, done = review(reviewer), []
        while tasks := handed_out(live_stack, reviewer, queue, 6):
            for task in tasks:
                word = {"seen_revision": task["revision"], "verdict": "defect"}
                done.append(say("POST", f"review/tasks/{task['id']}/decisions/", word))
        named = [{"id": task["id"], "seen_revision": task["revision"]} for task in done]
        for at in range(0, len(named), 200):
            results = leader("POST", "review/tasks/accept/", {"tasks": named[at : at + 200]})["results"]
            assert {one["state"] for one in results} == {"done"}
        return done

    return make


class TestADataSet:
    def test_is_chosen_by_lot_frozen_and_taken_away_as_coco(self, screen, accepted, tmp_path, tag):
        words = accepted(f"FROZEN-{tag}", 4)
        page = screen.live("/datasets/")

        page.keyboard.press("n")
        sheet = page.locator("#freeze-sheet")
        sheet.get_by_label("Code").fill(f"SET-{tag}")
        sheet.get_by_label("Name").fill("What the test learns from")
        sheet.locator(".chip", has_text=f"FROZEN-{tag}").click()
        sheet.get_by_text("Choose lots").click()
        lots = sheet.get_by_role("list", name="Lots").get_by_role("checkbox")
        expect(lots).to_have_count(1)
        lots.first.focus()
        page.keyboard.press("Space")
        expect(sheet.locator(".lots__more .field__hint")).to_contain_text("1 of 1 lot that fit")
        expect(sheet.locator("#preview[data-state=known] .preview tr", has_text="Defects")).to_contain_text(
            str(len(words))
        )
        sheet.get_by_role("button", name="Freeze").click()

        row = page.locator("#datasets tr", has_text=f"SET-{tag}")
        expect(row).to_contain_text("Ready")
        row.get_by_role("link").click()
        figures = page.locator("#figures")
        expect(figures).to_contain_text("defects")
        images, defects = (
            int(figures.locator(".figure", has_text=re.compile(name)).locator("b").inner_text())
            for name in ("images$", "defects$")
        )
        page.get_by_role("button", name="Make it: COCO", exact=True).click()
        download = page.get_by_role("link", name="Download: COCO", exact=True)
        expect(download).to_be_visible()
        with page.expect_download() as taken:
            download.click()

        path = tmp_path / "coco.json"
        taken.value.save_as(path)
        coco = COCO(str(path))
        assert (len(coco.getImgIds()), len(coco.getAnnIds())) == (images, defects)
        assert defects == len(words)


class TestAScorecard:
    def test_shows_its_intervals_and_a_ruling_is_contested_and_answered(self, screen_of, queue_of, live_stack, tag):
        queue = queue_of(f"RULED-{tag}", 2, overlap_share=1.0)
        # Somebody of their own: what the server has just read of a person it remembers for a minute.
        name = f"new-{tag.lower()}"
        live_stack.manage("shell", "-c", DISPUTED.format(queue=queue, name=name, password=PASSWORD))
        page = screen_of(name).live("/review/scorecard/")
        expect(page.get_by_role("button", name=re.compile(r"The lead between us: 0 %, 0 % to \d+ %"))).to_be_visible()

        page.keyboard.press("t")
        expect(page.get_by_role("row", name=re.compile("The lead between us"))).to_contain_text("0 %")
        page.keyboard.press("r")
        expect(page.locator("#items-title")).to_have_text("Where a lead decided otherwise than you")
        page.get_by_role("button", name="Contest").first.click()
        page.locator("#appeal input").fill(f"It is a scratch {tag}")
        page.keyboard.press("Enter")
        mine = page.locator(".appeal", has_text=tag)
        expect(mine).to_contain_text("waits for a lead")

        lead = screen_of("lead").live(f"/review/scorecard/?reviewer={name}")
        theirs = lead.locator(".appeal", has_text=tag)
        expect(theirs).to_contain_text("that it stands somebody else has to say")
        theirs.get_by_role("button", name=f"{name} is right").click()
        lead.locator("#overturn input").fill("At full size it is")
        lead.keyboard.press("Enter")
        expect(theirs).to_contain_text(f"{name} was right")

        page.reload()
        expect(mine).to_contain_text("you were right")
        expect(mine).to_contain_text("At full size it is")


class TestPagesOfFigures:
    @pytest.fixture
    def audited(self, live_stack, lead, review, sensitive, tag):
        """An image that the audit drew, and that two reviewers have looked at wholly without sight of each other."""
        code, leader = f"AUDIT-{tag}", review(lead)
        leader("POST", "layers/", {"code": code})
        body = {"code": code, "order": "oldest", "selection": {"layers": [code]}, "audit_rate": 1.0, "audit_share": 0.5}
        queue = leader("POST", "review/queues/", {**body, "overlap_share": 1.0})["id"]
        image = troubled_png(int(tag, 16))
        run = send(live_stack, lead, image=image, lot="E2E-AUDITED", layer=code, recipe=sensitive)
        people = [live_stack.session(name) for name in ("reviewer", "reviewer2")]
        said = []

        def is_over():
            for someone in people:
                for task in handed_out(live_stack, someone, queue, 6):
                    verdict = "complete" if task["kind"] == "image" else "defect"
                    word = {"seen_revision": task["revision"], "verdict": verdict}
                    review(someone)("POST", f"review/tasks/{task['id']}/decisions/", word)
                    said.append(task["id"])
            return len(said) >= 2 * run["detection_count"] + 1

        eventually(
            is_over,
            within_s=60,
            what="everybody to have said everything",
            why=lambda: (len(said), run["detection_count"]),
        )

    def test_say_how_sure_they_are_and_have_tables(self, screen, audited):
        for path, place, value in (("agreement", "#classes", "Kappa"), ("quality", "#missed", "Audit")):
            page = screen.live(f"/review/{path}/?days=90")
            row = page.locator(f"{place} .intervals__row").first
            expect(row).to_have_attribute(
                "aria-label", re.compile(r": [−\d.]+( %)?, (no interval|[−\d.]+( %)? to [−\d.]+( %)?)")
            )
            page.keyboard.press("t")
            table = page.locator(f"{place} table")
            expect(table.get_by_role("columnheader").nth(1)).to_have_text(value)
            expect(table.get_by_role("columnheader").nth(2)).to_have_text("95 % from")
            expect(table.get_by_role("row").nth(1)).to_contain_text(re.compile(r"\d"))
        with page.expect_download() as taken:
            page.get_by_role("button", name="Missed by class: save as CSV").click()
        assert taken.value.suggested_filename == "missed-by-class.csv"


class TestAPlan:
    def test_of_an_hour_leads_into_a_sitting_that_begins_with_what_saves_most(
        self, screen_of, queue_of, lead, review, tag
    ):
        queue = queue_of(f"PLANNED-{tag}", 6)
        page = screen_of("reviewer").live("/review/")

        page.keyboard.press("p")
        sheet = page.locator("#planner")
        page.keyboard.press("3")
        expect(sheet.get_by_role("button", name="60 min")).to_have_attribute("aria-pressed", "true")
        sheet.get_by_label("Queue").select_option(label=f"PLANNED-{tag}")
        expect(sheet.locator("#plan-head")).to_contain_text(f"PLANNED-{tag}")
        first_class = sheet.locator("tbody tr").first
        expect(first_class.locator("td").nth(1)).to_have_text(re.compile(r"\d"))
        with page.expect_request(re.compile(f"/queues/{queue}/next/")) as asked:
            sheet.get_by_role("link", name="Start").click()

        assert asked.value.post_data_json["first"] == "saving"
        expect(page).to_have_url(re.compile(rf"/review/{queue}/\?first=saving"))
        expect(page.locator("html")).to_have_attribute("data-task", re.compile("."))
        handed = review(lead)("GET", f"review/queues/{queue}/hands/")["hands"]
        assert shown(page) in {one["task"] for one in handed}


class TestAWholeWafer:
    def test_is_chosen_with_a_line_decided_at_once_and_taken_back_at_once(
        self, screen_of, live_stack, lead, review, sensitive, tag
    ):
        place = {"product": "LOGIC-7", "pixel_um": "0.5", "image_origin_x_um": "20000", "image_origin_y_um": "20000"}
        where = {"lot": "E2E-WHOLE", "wafer": tag, "layer": "M1", "recipe": sensitive, **place}
        run = send(live_stack, lead, image=troubled_png(9100), **where)
        wafer, count = run["wafer"]["id"], run["detection_count"]
        assert count > 2

        def states():
            items = review(lead)("GET", f"review/wafers/{wafer}/items/")["items"]
            return [item["state"] for item in items]

        eventually(lambda: states() == ["open"] * count, within_s=30, what="its tasks")
        screen = screen_of("reviewer")
        page = screen.live(f"/review/wafer/{wafer}/")
        expect(page.locator("#whole")).to_have_attribute("data-state", "here")
        chosen = page.locator("#chosen")
        expect(chosen).to_have_text(f"None of {count} chosen")

        box = page.locator("#map").bounding_box()
        corners = [(2, 2), (box["width"] - 2, 2), (box["width"] - 2, box["height"] - 2), (2, box["height"] - 2)]
        page.mouse.move(box["x"] + 2, box["y"] + 2)
        page.mouse.down()
        for x, y in [*corners[1:], corners[0]]:
            page.mouse.move(box["x"] + x, box["y"] + y, steps=5)
        page.mouse.up()
        expect(chosen).to_have_text(re.compile(f"All {count} chosen|{count} of {count} chosen"))
        page.keyboard.press("x")
        decided = page.locator("[data-show=decided] b")
        expect(decided).to_have_text(str(count))
        told = page.locator(".toast")
        expect(told).to_have_text(re.compile(f"{count} called nuisance.\\s*Undo"))
        place, keys = told.bounding_box(), page.locator(".whole__keys").bounding_box()
        assert place["y"] + place["height"] <= keys["y"]
        all_saved(page)
        assert set(states()) == {"decided"}

        page.keyboard.press("u")
        expect(decided).to_have_text("0")
        expect(told).to_have_count(0)
        all_saved(page)
        assert set(states()) == {"open"}


class TestAKnownAnswer:
    def test_is_made_of_what_is_accepted_by_one_key(self, screen, accepted, lead, review, tag):
        task, *_ = accepted(f"KNOWN-{tag}", 1)
        page = screen.live("/review/decided/?stage=accepted")
        page.get_by_role("button", name="Accepted").click()
        shot = page.locator(f".shot[data-id='{task['id']}']")
        expect(shot).to_be_visible()
        shot.focus()
        expect(page.locator("[data-known]").first).to_be_enabled()

        page.keyboard.press("k")

        expect(page.locator(".toast")).to_contain_text("Its answer is known")
        expect(shot).to_have_attribute("aria-description", re.compile("Known answer, made by lead"))
        known = review(lead)("GET", f"review/gold/?tasks={task['id']}")["results"]
        assert [one["task"] for one in known] == [task["id"]]
