"""Review over REST: queues are made and asked, tasks decided, and every refusal says what to do."""

from uuid import uuid4

import pytest
from django.urls import reverse

from annotations import selectors, services
from annotations.serializers import documented
from core.roles import Role
from inspection.selectors.results import forget_classes
from tests.factories import make_class, make_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(client_as):
    return client_as(Role.REVIEWER)


@pytest.fixture
def lead(client_as):
    return client_as(Role.LEAD)


@pytest.fixture
def next_of(inspected):
    return reverse("api:review_next", args=[inspected.queue.pk])


@pytest.fixture
def decisions(inspected):
    return reverse("api:review_decisions", args=[inspected.task.pk])


def make(lead, **values):
    return lead.post(reverse("api:review_queues"), {"code": "Q2", **values}, format="json")


class TestMakingAQueue:
    def test_answers_with_it(self, lead, inspected):
        made = make(
            lead, name="Doubtful", order="severity", lease_s=120,
            selection={"layers": ["M1"], "bands": ["review"], "min_confidence": 0.2, "min_disagreement": 0.5},
        )  # fmt: skip

        assert made.status_code == 201
        assert made.json()["selection"] == {
            "recipes": [], "layers": ["M1"], "tools": [], "classes": [], "bands": ["review"],
            "min_confidence": 0.2, "max_confidence": 1.0, "min_disagreement": 0.5,
        }  # fmt: skip
        assert (made.json()["is_filling"], made.json()["version"]) == (True, 1)

    def test_of_a_code_that_is_there_gives_that_one(self, lead, inspected):
        first = make(lead, name="First").json()

        again = make(lead, name="Second")

        assert (again.status_code, again.json()["id"], again.json()["name"]) == (200, first["id"], "First")

    @pytest.mark.parametrize(
        ("values", "field", "says"),
        [
            ({"selection": {"layers": ["M9"]}}, "selection", "There is no M9"),
            ({"selection": {"classes": ["ghost"]}}, "selection", "There is no ghost"),
            ({"selection": {"bands": ["maybe"]}}, "selection", "maybe"),
            ({"selection": {"colour": ["red"]}}, "selection", "no such field"),
            ({"selection": {"min_confidence": 0.9, "max_confidence": 0.1}}, "selection", "At most 0.1"),
            ({"selection": {"min_disagreement": 1.1}}, "selection", "1"),
            ({"order": "random"}, "order", "random"),
            ({"lease_s": 5}, "lease_s", "30"),
            ({"code": ""}, "code", ""),
        ],
        ids=str,
    )
    def test_that_cannot_be_is_refused_by_name(self, lead, inspected, values, field, says):
        answer = make(lead, **values)

        assert answer.status_code == 400
        assert says in str(answer.json()["fields"][field])

    def test_names_no_layer_of_another_site(self, lead, inspected, foreign):
        from inspection.models import Layer

        Layer.objects.create(site=foreign.site, code="SECRET")

        assert make(lead, selection={"layers": ["SECRET"]}).status_code == 400

    def test_is_not_for_reviewers(self, reviewer, inspected):
        assert make(reviewer).status_code == 403


class TestChangingAQueue:
    def change(self, lead, inspected, **values):
        address = reverse("api:review_queue_change", args=[inspected.queue.pk])
        return lead.post(address, {"seen_version": 1, **values}, format="json")

    def test_makes_a_new_version(self, lead, inspected):
        changed = self.change(lead, inspected, order="oldest", is_archived=True)

        assert changed.status_code == 200
        assert (changed.json()["version"], changed.json()["order"], changed.json()["is_archived"]) == (
            2, "oldest", True,
        )  # fmt: skip

    def test_that_was_seen_before_another_is_refused_with_the_present_version(self, lead, inspected):
        self.change(lead, inspected, name="One")

        late = self.change(lead, inspected, name="Other")

        assert (late.status_code, late.json()["code"], late.json()["current"]) == (409, "stale_queue", 2)

    def test_archived_is_listed_among_the_archived(self, lead, inspected):
        self.change(lead, inspected, is_archived=True)

        listed = [lead.get(reverse("api:review_queues"), {"archived": flag}).json()["results"] for flag in (0, 1)]

        assert [len(rows) for rows in listed] == [0, 1]


class TestAskingForTheNextTask:
    def test_gives_everything_that_it_takes_to_decide(self, reviewer, next_of, inspected):
        answer = reviewer.post(next_of, {"count": 6}, format="json")

        assert answer.status_code == 200
        (task,) = answer.json()["tasks"]
        assert task["id"] == str(inspected.task.pk)
        assert task["detection"]["id"] == str(inspected.detection.pk)
        assert task["bbox_px"] == [1.0, 2.0, 3.0, 4.0]
        assert (task["image"]["width_px"], task["wafer"]["code"], task["layer"], task["tool"]) == (64, "W1", "M1", "T1")
        assert (task["others"], task["history"], task["draft"]) == ([], [], None)
        assert "90%" in task["why"]
        assert answer.json()["open"] == 0

    def test_says_how_far_apart_dies_lie_once_it_was_given(self, reviewer, next_of, inspected):
        product = inspected.run.wafer.lot.product
        first = reviewer.post(next_of, {}, format="json").json()["tasks"][0]["die_pitch_px"]
        product.die_pitch_x_um, product.die_pitch_y_um = 60.0, 45.0
        product.save()
        forget_classes()

        (task,) = reviewer.post(next_of, {}, format="json").json()["tasks"]

        pixel_um = task["image"]["pixel_um"]
        assert (first, task["die_pitch_px"]) == (None, [60.0 / pixel_um, 45.0 / pixel_um])

    def test_says_exactly_what_the_document_says(self, reviewer, next_of):
        (task,) = reviewer.post(next_of, {}, format="json").json()["tasks"]

        assert set(task) == set(documented.TaskOut().fields)

    def test_lists_what_else_was_found_and_said(self, reviewer, next_of, inspected, decisions, site):
        other = type(inspected.detection).objects.get()
        other.pk, other.ordinal = uuid4(), 1
        other._state.adding = True
        other.save(force_insert=True)
        reviewer.post(next_of, {}, format="json")

        decided = reviewer.post(decisions, {"seen_revision": 1, "verdict": "nuisance"}, format="json").json()

        assert [row["id"] for row in decided["others"]] == [str(other.pk)]
        assert [row["verdict"] for row in decided["history"]] == ["nuisance"]

    @pytest.mark.parametrize("count", [0, 7, "many", None, 1.5])
    def test_for_a_number_that_cannot_be_is_refused(self, reviewer, next_of, count):
        assert reviewer.post(next_of, {"count": count}, format="json").status_code == 400


class TestDeciding:
    def test_with_a_key_happens_once(self, reviewer, decisions, next_of):
        reviewer.post(next_of, {}, format="json")

        answers = [
            reviewer.post(
                decisions,
                {"seen_revision": 1, "verdict": "defect"},
                format="json",
                headers={"idempotency-key": "decision-0001"},
            )
            for _ in range(2)
        ]

        assert [answer.status_code for answer in answers] == [201, 201]
        assert len(answers[1].json()["history"]) == 1

    def test_after_somebody_else_is_refused_with_their_word(self, reviewer, client_as, decisions, next_of, site):
        other = client_as(Role.REVIEWER)
        reviewer.post(next_of, {}, format="json")
        release = decisions.replace("decisions", "release")
        reviewer.post(release, {"reason": "lunch"}, format="json")
        other.post(next_of, {}, format="json")
        other.post(decisions, {"seen_revision": 1, "verdict": "nuisance"}, format="json")

        late = reviewer.post(decisions, {"seen_revision": 1, "verdict": "defect"}, format="json")

        assert (late.status_code, late.json()["code"]) == (409, "stale_task")
        assert late.json()["current"]["annotation"]["verdict"] == "nuisance"

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"verdict": "withdrawn"}, "verdict"),
            ({"seen_revision": 0}, "seen_revision"),
            ({"bbox_px": [1, 2, 3]}, "bbox_px"),
            ({"bbox_px": [1, 2, "NaN", 4]}, "bbox_px"),
            ({"bbox_px": [1, 2, 1e9, 4]}, "bbox_px"),
            ({"class_code": 5}, "class_code"),
            ({"comment": "x" * 2001}, "comment"),
            ({"comment": "a\u202eb"}, "comment"),
            ({"took_ms": -1}, "took_ms"),
            ({"mood": "good"}, "mood"),
        ],
        ids=str,
    )
    def test_with_what_cannot_be_is_refused_by_name(self, reviewer, decisions, next_of, values, field):
        reviewer.post(next_of, {}, format="json")

        answer = reviewer.post(decisions, {"seen_revision": 1, "verdict": "defect", **values}, format="json")

        assert answer.status_code == 400
        assert field in answer.json()["fields"]

    def test_can_be_taken_back(self, reviewer, decisions, next_of):
        reviewer.post(next_of, {}, format="json")
        reviewer.post(decisions, {"seen_revision": 1, "verdict": "defect"}, format="json")

        undone = reviewer.post(decisions.replace("decisions", "undo")).json()

        assert (undone["state"], undone["annotation"]) == ("open", None)
        assert undone["held_until"] is not None


class TestTheJournal:
    ADDRESS = "/api/v1/review/edits/"

    def test_acknowledges_each_edit_in_order_and_goes_on_after_a_refusal(self, reviewer, next_of, inspected):
        make_class("pit")
        reviewer.post(next_of, {}, format="json")
        task = str(inspected.task.pk)
        edits = [
            {"seq": 1, "kind": "decide", "task": task, "seen_revision": 1, "verdict": "defect", "class_code": "ghost"},
            {"seq": 2, "kind": "decide", "task": task, "seen_revision": 1, "verdict": "defect", "class_code": "pit"},
            {"seq": 3, "kind": "dance", "task": task},
            {"seq": 4, "kind": "undo", "task": task, "why": "x"},
            {"seq": 5, "kind": "undo", "task": str(uuid4())},
        ]

        acks = reviewer.post(self.ADDRESS, {"client": str(uuid4()), "edits": edits}, format="json").json()["acks"]

        assert [(ack["seq"], ack["state"]) for ack in acks] == [
            (1, "refused"), (2, "done"), (3, "refused"), (4, "refused"), (5, "refused"),
        ]  # fmt: skip
        assert [ack["problem"]["code"] for ack in acks if ack["state"] == "refused"] == [
            "invalid", "invalid", "invalid", "not_found",
        ]  # fmt: skip
        assert acks[1]["task"]["annotation"]["class_code"] == "pit"

    def test_goes_on_after_an_edit_that_the_server_fails_on(self, reviewer, next_of, inspected, monkeypatch):
        def broken(**_):
            raise ValueError("a fault of ours")

        monkeypatch.setattr("annotations.services.edits.take_back", broken)
        reviewer.post(next_of, {}, format="json")
        task = str(inspected.task.pk)
        edits = [
            {"seq": 1, "kind": "undo", "task": task},
            {"seq": 2, "kind": "decide", "task": task, "seen_revision": 1, "verdict": "defect"},
        ]

        acks = reviewer.post(self.ADDRESS, {"client": str(uuid4()), "edits": edits}, format="json").json()["acks"]

        assert [ack["state"] for ack in acks] == ["refused", "done"]
        assert (acks[0]["problem"]["code"], acks[0]["problem"]["status"]) == ("internal_error", 500)

    def test_of_somebody_else_is_refused_whole_and_nothing_is_done(self, reviewer, next_of, inspected):
        reviewer.post(next_of, {}, format="json")
        edit = {"seq": 1, "kind": "decide", "task": str(inspected.task.pk), "seen_revision": 1, "verdict": "defect"}
        body = {"client": str(uuid4()), "reviewer": "somebody", "edits": [edit]}

        answer = reviewer.post(self.ADDRESS, body, format="json")

        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        inspected.task.refresh_from_db()
        assert inspected.task.state == "open"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"client": "x", "edits": [{}]},
            {"client": str(uuid4()), "edits": []},
            {"client": str(uuid4()), "edits": [{}] * 51},
            {"client": str(uuid4()), "edits": "all"},
            {"client": str(uuid4()), "edits": [[]]},
        ],
        ids=["nothing", "no client", "no edit", "too many", "no list", "no object"],
    )
    def test_that_is_none_is_refused_as_a_whole(self, reviewer, body):
        assert reviewer.post(self.ADDRESS, body, format="json").status_code == 400

    @pytest.mark.parametrize("edit", [{}, {"seq": True}, {"seq": 2**60}, {"seq": -1, "kind": {}}, {"kind": None}])
    def test_refuses_an_edit_without_a_usable_number_or_kind(self, reviewer, edit):
        body = {"client": str(uuid4()), "edits": [edit]}

        (ack,) = reviewer.post(self.ADDRESS, body, format="json").json()["acks"]

        assert (ack["state"], ack["problem"]["code"]) == ("refused", "invalid")

    def test_of_another_sites_task_is_like_of_none(self, reviewer, foreign):
        edit = {"seq": 1, "kind": "undo", "task": str(foreign.task.pk)}

        (ack,) = reviewer.post(self.ADDRESS, {"client": str(uuid4()), "edits": [edit]}, format="json").json()["acks"]

        assert ack["problem"]["code"] == "not_found"


class TestAListOfQueues:
    def test_says_exactly_what_the_document_says(self, reviewer, inspected):
        (queue,) = reviewer.get(reverse("api:review_queues")).json()["results"]

        assert set(queue) == set(documented.ReviewQueueOut().fields)
        assert (queue["open"], queue["held"], queue["mine"]) == (1, 0, 0)

    def test_counts_today_where_the_site_is(self, reviewer, next_of, decisions, inspected):
        reviewer.post(next_of, {}, format="json")
        reviewer.post(decisions, {"seen_revision": 1, "verdict": "defect"}, format="json")

        (queue,) = reviewer.get(reverse("api:review_queues")).json()["results"]

        assert (queue["open"], queue["decided_today"], queue["mine_today"]) == (0, 1, 1)


class TestWhyAPersonIsAsked:
    @pytest.mark.parametrize(
        ("band", "says"),
        [("accept", "let this pass"), ("review", "too little to act on"), ("reject", "reject the wafer")],
    )
    def test_follows_from_what_would_be_done(self, inspected, band, says):
        inspected.task.band = band

        assert says in selectors.task_cards.why(inspected.task)


class TestTheOtherSite:
    def test_has_queues_of_its_own(self, lead, inspected):
        from core.actors import service_account
        from tests.factories import AT

        elsewhere = make_site("far")
        services.create_queue(site=elsewhere, code="Q1", actor=service_account("test"), now=AT)

        assert len(lead.get(reverse("api:review_queues")).json()["results"]) == 1


class TestStages:
    @pytest.fixture
    def decided(self, reviewer, next_of, decisions):
        reviewer.post(next_of, {}, format="json")
        return reviewer.post(decisions, {"seen_revision": 1, "verdict": "defect"}, format="json").json()

    def accept(self, client, *tasks):
        body = {"tasks": [{"id": task["id"], "seen_revision": task["revision"]} for task in tasks]}
        return client.post(reverse("api:review_accept"), body, format="json")

    def test_are_listed(self, lead, decided):
        of = {
            state: lead.get(reverse("api:review_tasks"), {"state": state}).json()["results"]
            for state in ("decided", "accepted")
        }

        assert [len(of["decided"]), len(of["accepted"])] == [1, 0]
        assert of["decided"][0]["annotation"]["author"]

    def test_end_in_acceptance_each_task_by_itself(self, lead, decided):
        answer = self.accept(lead, decided, {"id": str(uuid4()), "revision": 1})

        results = answer.json()["results"]
        assert [(one["state"], one.get("problem", {}).get("code")) for one in results] == [
            ("done", None), ("refused", "not_found"),
        ]  # fmt: skip
        assert results[0]["task"]["state"] == "accepted"

    def test_are_opened_again_with_a_reason(self, lead, decided, inspected):
        accepted = self.accept(lead, decided).json()["results"][0]["task"]
        address = reverse("api:review_reopen", args=[inspected.task.pk])

        bare = lead.post(address, {"seen_revision": accepted["revision"]}, format="json")
        reopened = lead.post(address, {"seen_revision": accepted["revision"], "reason": "wrong layer"}, format="json")

        assert (bare.status_code, reopened.status_code) == (400, 200)
        assert (reopened.json()["state"], reopened.json()["opinions"]) == ("open", [])

    def test_of_a_dispute_are_for_leads(self, reviewer, lead, decided, inspected):
        address = reverse("api:review_ruling", args=[inspected.task.pk])
        body = {"seen_revision": decided["revision"], "verdict": "nuisance"}

        assert reviewer.post(address, body, format="json").status_code == 403
        assert lead.post(address, body, format="json").json()["code"] == "task_locked"

    def test_refuse_more_than_can_be_looked_at(self, lead):
        assert self.accept(lead, *[{"id": str(uuid4()), "revision": 1}] * 201).status_code == 400


class TestHands:
    def test_are_seen_and_filled_by_leads(self, reviewer, lead, inspected):
        address = reverse("api:review_hands", args=[inspected.queue.pk])
        reviewer.post(reverse("api:review_next", args=[inspected.queue.pk]), {}, format="json")
        (held,) = lead.get(address).json()["hands"]

        body = {"holder": held["reviewer"], "reason": "shift ends"}
        answer = lead.post(reverse("api:review_hand_over", args=[held["task"]]), body, format="json")

        assert (answer.status_code, answer.json()["id"]) == (200, held["task"])
        assert lead.get(address).json()["hands"] == []
        assert reviewer.get(address).status_code == 403
