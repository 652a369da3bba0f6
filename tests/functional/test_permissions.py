"""Every address and socket, as every role and nobody, at the own and at another site: exactly as the table says."""

from uuid import UUID

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from audit.models import AuditEvent
from core import policy
from core.roles import Role
from tests.factories import client_of, make_user

HTTP_RULES = [rule for rule in policy.rules() if rule.kind == "http"]
CASES = [(rule, method) for rule in HTTP_RULES for method in sorted(rule.methods)]
MADE_UP = UUID("0192f000-0000-7000-8000-000000000000")

# What the objects in an address are called, by URL name.
OBJECTS = {
    "inspection:wafer": {"wafer_id": "wafer"},
    "inspection:job": {"job_id": "job"},
    "inspection:flipped": {"job_id": "job"},
    "api:job": {"job_id": "job"},
    "api:job_cancel": {"job_id": "job"},
    "api:job_retry": {"job_id": "job"},
    "api:result": {"run_id": "run"},
    "api:run": {"run_id": "run"},
    "api:run_retry": {"run_id": "run"},
    "api:run_cancel": {"run_id": "run"},
    "api:lot": {"lot_id": "lot"},
    "api:wafer": {"wafer_id": "wafer"},
    "api:wafer_hold": {"wafer_id": "wafer"},
    "api:wafer_release": {"wafer_id": "wafer"},
    "api:wafer_standing": {"wafer_id": "wafer"},
    "api:wafer_judged": {"wafer_id": "wafer"},
    "api:job_flipped": {"job_id": "job"},
    "api:run_flipped": {"run_id": "run"},
    "api:image": {"image_id": "image"},
    "api:image_file": {"image_id": "image"},
    "api:image_view": {"image_id": "image"},
    "api:image_thumbnail": {"image_id": "image"},
    "api:image_dzi": {"image_id": "image"},
    "api:image_tile": {"image_id": "image"},
    "api:detection": {"detection_id": "detection"},
    "api:detection_explanation": {"detection_id": "detection"},
    "api:recipe_versions": {"recipe_id": "recipe"},
    "annotations:review": {"queue_id": "queue"},
    "annotations:whole_wafer": {"wafer_id": "wafer"},
    "api:review_wafer_items": {"wafer_id": "wafer"},
    "api:review_queue_change": {"queue_id": "queue"},
    "api:review_next": {"queue_id": "queue"},
    "api:review_task": {"task_id": "task"},
    "api:review_decisions": {"task_id": "task"},
    "api:review_undo": {"task_id": "task"},
    "api:review_release": {"task_id": "task"},
    "api:review_ruling": {"task_id": "task"},
    "api:review_reopen": {"task_id": "task"},
    "api:review_region": {"image_id": "image"},
    "api:review_hands": {"queue_id": "queue"},
    "api:review_hand_over": {"task_id": "task"},
    "api:review_doubt_dismiss": {"task_id": "task"},
    "api:review_appeal_answer": {"appeal_id": "appeal"},
    "api:review_appeal_withdraw": {"appeal_id": "appeal"},
    "api:thread": {"thread_id": "thread"},
    "api:thread_comments": {"thread_id": "thread"},
    "api:thread_resolve": {"thread_id": "thread"},
    "api:thread_reopen": {"thread_id": "thread"},
    "api:thread_read": {"thread_id": "thread"},
    "api:comment_take_back": {"comment_id": "comment"},
    "api:book_move": {"example_id": "example"},
    "api:book_retire": {"example_id": "example"},
    "api:book_restore": {"example_id": "example"},
    "api:review_gold": {"task_id": "task"},
    "api:review_gold_retire": {"task_id": "task"},
    "api:dataset": {"dataset_id": "dataset"},
    "api:dataset_statistics": {"dataset_id": "dataset"},
    "api:dataset_diff": {"dataset_id": "dataset"},
    "api:dataset_export": {"dataset_id": "dataset"},
    "api:dataset_exports": {"dataset_id": "dataset"},
    "annotations:dataset": {"dataset_id": "dataset"},
    "api:training_rule_change": {"rule_id": "rule"},
    "api:training_suggestion_dismiss": {"suggestion_id": "suggestion"},
}
PLACES = {name: {"class_code": "scratch"} for name in ("annotations:book_page", "api:book_page", "api:book_history")}
_MODELS = ("api:model", "api:model_versions", "api:model_intakes", "models_admin:model", "models_admin:deploy")
PLACES |= {name: {"name": "visual_defects"} for name in _MODELS}
_VARIANT = {"name": "visual_defects", "run_id": "01a1fdfa-4600-7d0b-a77f-8d17e1ee7449"}
PLACES |= dict.fromkeys(("api:model_variant", "api:model_variant_cancel"), _VARIANT)
_VERSIONS = ("api:model_variants", "api:model_version", "api:model_version_status", "models_admin:version")
PLACES |= {name: {"name": "visual_defects", "version": "1.0.0"} for name in _VERSIONS}
_INTAKE = {"name": "visual_defects", "intake_id": "01a1fdfa-4600-7d0b-a77f-8d17e1ee7449"}
PLACES |= dict.fromkeys(("api:model_intake", "models_admin:intake"), _INTAKE)
_SERVED = ("status", "deploy", "rollback", "version_in_force", "load", "unload", "config", "metadata")
PLACES |= {f"api:model_{name}": {"name": "visual_defects"} for name in _SERVED}
_MEASURED = ("gates", "report", "validate", "compatibility", "benchmark", "performance", "drift")
PLACES |= {f"api:model_{name}": {"name": "visual_defects"} for name in _MEASURED}
_SOME_KEY = "01a1fdfa-4600-7d0b-a77f-8d17e1ee7449"
PLACES |= {name: {"golden_set_id": _SOME_KEY} for name in ("api:golden_set", "api:golden_set_retire")}
_VALIDATIONS = ("api:validation", "api:validation_cancel", "api:validation_pdf", "models_admin:validation")
PLACES |= {name: {"validation_id": _SOME_KEY} for name in _VALIDATIONS}
_RUNS = ("api:training_run", "api:training_cancel", "api:training_resume", "api:training_log", "api:training_curve")
PLACES |= {name: {"run_id": _SOME_KEY} for name in (*_RUNS, "models_admin:training_run")}
PLACES |= {name: {"transfer_id": _SOME_KEY} for name in ("api:import", "api:import_cancel")}
PLACES["api:deployment"] = PLACES["inspection:deployment"] = {"deployment_id": 1}
PLACES["api:image_tile"] = {"level": 6, "col": 0, "row": 0}


def named(case):
    rule, method = case
    return f"{method} {rule.name}"


def address(name, things):
    kwargs = {key: getattr(things, attribute).pk for key, attribute in OBJECTS.get(name, {}).items()}
    return reverse(name, kwargs={**kwargs, **PLACES.get(name, {})})


def ask(client, method, path):
    return getattr(client, method.lower())(path, headers={"accept": "*/*"})


@pytest.mark.django_db
@pytest.mark.parametrize("case", CASES, ids=named)
class TestEveryAddress:
    def test_answers_its_roles_and_no_other(self, case, site, inspected):
        rule, method = case
        there = address(rule.name, inspected)

        answers = {role: ask(self.client_of(role, rule, site=site), method, there) for role in Role}

        # Where no model is deployed a benchmark has nothing to measure, and says so.
        broken = {role: answer for role, answer in answers.items() if answer.status_code >= 500}
        assert {answer.json()["code"] for answer in broken.values()} <= {"no_model_deployed"}, broken
        let_in = {role for role, answer in answers.items() if answer.status_code not in (401, 403)}
        assert let_in == {role for role in Role if rule.admits({role})}
        assert {answers[role].status_code for role in set(Role) - let_in} <= {403}

    def client_of(self, role, rule, *, site):
        user = make_user(role, site=site)
        if (rule.name.startswith("api:") and rule.name != "api:docs") or rule.name == "metrics":
            return client_of(user)
        client = APIClient(raise_request_exception=False)
        client.force_login(user)
        return client

    def test_answers_nobody_who_is_not_signed_in(self, case, inspected):
        rule, method = case
        client = APIClient(raise_request_exception=False)

        answer = ask(client, method, address(rule.name, inspected))

        if rule.is_public:
            assert answer.status_code not in (302, 401, 403)
        elif rule.name.startswith("api:") or rule.name == "metrics":
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Token"
        else:
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith("/login/?next=")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "case", [case for case in CASES if case[0].name in OBJECTS and case[0].name[:3] == "api"], ids=named
)
class TestWhatBelongsToAnotherSite:
    def test_answers_like_a_made_up_id(self, case, site, foreign):
        rule, method = case
        client = client_of(make_user(sorted(rule.roles)[0], site=site))
        there = address(rule.name, foreign)
        own_key = str(getattr(foreign, next(iter(OBJECTS[rule.name].values()))).pk)
        nowhere = there.replace(own_key, "999999999" if own_key.isdigit() else str(MADE_UP))

        theirs, nobodys = ask(client, method, there), ask(client, method, nowhere)

        assert theirs.status_code == nobodys.status_code == 404
        assert {**theirs.json(), "request_id": ""} == {**nobodys.json(), "request_id": ""}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["inspection:wafer", "inspection:job", "annotations:review"])
class TestPagesOfAnotherSite:
    def test_are_not_there_like_those_of_made_up_ids(self, name, client, site, inspected, foreign):
        client.force_login(make_user(Role.OPERATOR, site=site))
        made_up = reverse(name, kwargs=dict.fromkeys(OBJECTS[name], MADE_UP))

        answers = [client.get(path) for path in (address(name, inspected), address(name, foreign), made_up)]

        assert [answer.status_code for answer in answers] == [200, 404, 404]


@pytest.mark.django_db
class TestLists:
    @pytest.mark.parametrize(
        "name",
        [
            "lots",
            "wafers",
            "images",
            "runs",
            "detections",
            "jobs",
            "products",
            "tools",
            "layers",
            "recipes",
            "review_queues",
            "datasets",
            "review_tasks",
        ],
    )
    def test_show_the_own_site_only(self, name, operator, inspected, foreign):
        found = operator.get(reverse(f"api:{name}")).json()["results"]

        assert len(found) == 1

    def test_the_wall_shows_the_own_site_only(self, operator, inspected, foreign):
        cards = operator.get(reverse("api:wall")).json()["cards"]

        assert [card["run"] for card in cards] == [str(inspected.run.pk)]


@pytest.mark.django_db
class TestRefusals:
    def test_are_in_the_trail_with_who_and_what(self, client_as):
        client = client_as(Role.AUDITOR)

        client.post(reverse("api:predict"), headers={"x-request-id": "refused-request-1"})

        event = AuditEvent.objects.get(action="access.refuse")
        assert event.object_id == "/api/v1/inference/predict/"
        assert event.actor["roles"] == ["auditor"]
        assert event.source["request_id"] == "refused-request-1"

    def test_say_which_role_is_needed(self, client_as):
        problem = client_as(Role.OPERATOR).post(reverse("api:recipes"), {}, format="json").json()

        assert problem["code"] == "forbidden"
        assert "lead, model_engineer" in problem["detail"]

    def test_tokens_without_the_scope_do_not_write(self, client_as):
        client = client_as(Role.OPERATOR, scopes=("read",))

        assert client.get(reverse("api:lots")).status_code == 200
        assert client.post(reverse("api:layers"), {"code": "M2"}, format="json").status_code == 403


@pytest.mark.django_db
class TestWhoIsNotSignedIn:
    def test_is_sent_from_the_apis_page_to_the_login(self):
        answer = APIClient().get(reverse("api:docs"), headers={"accept": "text/html,application/xhtml+xml"})

        assert answer.status_code == 302
        assert answer.headers["Location"] == "/login/?next=/api/docs/"

    def test_gets_a_problem_where_a_script_of_a_page_asks(self):
        answer = APIClient().get(reverse("inspection:wafers"), headers={"accept": "application/json"})

        assert answer.status_code == 401
        assert answer.json()["code"] == "not_authenticated"
