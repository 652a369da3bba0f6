"""The blast radius, who judged a wafer, and re-runs that count for nothing."""

import csv
import io
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from annotations.models import ReviewTask
from audit import services as audit
from audit.actions import Action
from core.actors import Actor, service_account
from core.ids import derived_uuid7, uuid7
from core.roles import Role
from inspection import selectors as inspection
from inspection.choices import RunState
from inspection.models import Detection, InspectionJob, InspectionRun, RunImage, Tool
from inspection.selectors import search, touched
from inspection.selectors.touched import Selection
from inspection.serializers.touched import FlippedOut, FlippedRunOut, JudgedOut, TotalsOut, TouchedOut
from inspection.services import batches, runs
from models_admin import services as models_admin
from models_admin.models import Deployment
from models_admin.selectors import forget_routes
from outbox.models import OutboxEvent
from tests.factories import AT, make_class, make_deployment, make_inspected, make_recipe, make_user

pytestmark = pytest.mark.django_db
TOUCHED = "/api/v1/touched/"
ANNA = service_account("anna")


def at(hours):
    return AT + timedelta(hours=hours)


@pytest.fixture
def operator(client_as):
    return client_as(Role.OPERATOR)


@pytest.fixture
def engineer(client_as):
    return client_as(Role.MODEL_ENGINEER)


@pytest.fixture
def old():
    """Judged from noon to four o'clock."""
    return make_deployment("1.0.0")


@pytest.fixture
def new(old):
    """Judges since four o'clock."""
    deployment = make_deployment("1.1.0")
    for row, hours in ((old, 0), (deployment, 4)):
        values = {"model_name": "visual_defects", "actor": ANNA, "now": at(hours)}
        models_admin.deploy_version(version=row.version.version, **values)
    forget_routes()
    yield deployment
    forget_routes()


def judge(seen, deployment, *, hours, boxes=((1, 2, 3, 4),), band="reject", code="scratch", **values):
    """One more run over the image of what was seen, by a deployment."""
    values = {
        "state": "done", "requested_by": "someone", "queued_at": at(hours), "started_at": at(hours),
        "finished_at": at(hours), "band": band, "detection_count": len(boxes), **values,
    }  # fmt: skip
    run = InspectionRun.objects.create(
        id=uuid7(at=at(hours)), site=seen.site, wafer=seen.wafer, layer=seen.image.layer, tool=seen.image.tool,
        recipe_version=values.pop("recipe_version", None) or make_recipe(seen.site), deployment=deployment,
        model_version=values.pop("model_version", deployment and deployment.version), **values,
    )  # fmt: skip
    RunImage.objects.create(run=run, image=seen.image, ordinal=0)
    for ordinal, (x, y, width, height) in enumerate(boxes):
        Detection.objects.create(
            id=derived_uuid7(parent=run.pk, label=str(ordinal)), run=run, image=seen.image, wafer=seen.wafer,
            ordinal=ordinal, defect_class=make_class(code), confidence=0.9, raw_score=0.8,
            top3_class_ids=[make_class(code).pk], top3_confidences=[0.9], severity="major", band=band, x_px=x, y_px=y,
            width_px=width, height_px=height,
        )  # fmt: skip
    return run


def wafers(client, **query):
    answer = client.get(TOUCHED, query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def lots_of(rows):
    return [row["lot"] for row in rows]


class TestBlastRadius:
    @pytest.fixture
    def seen(self, site):
        return [make_inspected(site) for _ in range(3)]

    def test_of_a_deployment_is_each_wafer_once_with_all_that_was_said(self, operator, seen, old, new):
        judge(seen[0], old, hours=1)
        judge(seen[0], old, hours=2, boxes=((1, 2, 3, 4), (9, 9, 3, 3)), band="review", code="void")
        judge(seen[1], old, hours=3, boxes=())
        judge(seen[2], new, hours=5)

        rows = wafers(operator, deployment=old.pk)

        assert lots_of(rows) == [seen[1].lot.code, seen[0].lot.code]
        assert (set(rows[1]), set(rows[1]["wafer"])) == (set(TouchedOut().fields), {"id", "code", "slot"})
        assert (rows[1]["runs"], rows[1]["band"], rows[1]["by_class"], rows[1]["by_band"]) == (
            2, "reject", {"void": 2, "scratch": 1}, {"reject": 1, "review": 2, "accept": 0},
        )  # fmt: skip
        assert (rows[1]["images"], rows[1]["images_standing"]) == (1, 1)
        assert rows[1]["versions"] == ["visual_defects 1.0.0"]

    def test_says_what_was_judged_anew_since_and_what_is_on_hold(self, operator, seen, old, new):
        judge(seen[0], old, hours=1)
        judge(seen[0], new, hours=5)
        seen[0].wafer.held_at, seen[0].wafer.hold_reason = at(6), "Scratched."
        seen[0].wafer.save()

        (row,) = wafers(operator, deployment=old.pk)

        assert (row["images"], row["images_standing"], row["hold"]["reason"]) == (1, 0, "Scratched.")

    def test_of_a_recipe_version_a_tool_and_a_time(self, operator, site, seen, old):
        other = make_recipe(site, "FINE")
        judge(seen[0], old, hours=1, recipe_version=other)
        judge(seen[1], old, hours=2)
        by_hand = judge(seen[2], old, hours=3)
        InspectionRun.objects.filter(pk=by_hand.pk).update(tool=None)
        Tool.objects.create(site=site, code="IDLE")

        assert lots_of(wafers(operator, recipe_version=other.pk)) == [seen[0].lot.code]
        assert lots_of(wafers(operator, tool="by hand")) == [seen[2].lot.code]
        assert wafers(operator, tool="IDLE") == []
        window = {"since": at(1.5).isoformat(), "until": at(2.5).isoformat()}
        assert lots_of(wafers(operator, **window)) == [seen[1].lot.code]
        assert lots_of(wafers(operator, tool="T1", **window)) == [seen[1].lot.code]
        assert lots_of(wafers(operator, deployment=old.pk, since=at(2.5).isoformat())) == [seen[2].lot.code]

    def test_comes_in_pages(self, operator, seen, old):
        for number, one in enumerate(seen):
            judge(one, old, hours=number)

        first = operator.get(TOUCHED, {"deployment": old.pk, "limit": 2}).json()
        rest = operator.get(first["next"]).json()

        assert lots_of(first["results"] + rest["results"]) == [one.lot.code for one in reversed(seen)]

    def test_in_sum(self, operator, seen, old, monkeypatch):
        judge(seen[0], old, hours=1, is_degraded=True)
        judge(seen[1], old, hours=2, boxes=((1, 2, 3, 4), (9, 9, 3, 3)), band="review", code="void")

        sums = operator.get(f"{TOUCHED}totals/", {"deployment": old.pk}).json()

        assert set(sums) == set(TotalsOut().fields)
        assert (sums["runs"], sums["wafers"], sums["lots"], sums["degraded"], sums["detections"]) == (2, 2, 2, 1, 3)
        assert (sums["by_class"], sums["by_band"]["review"], sums["is_all"]) == ({"void": 2, "scratch": 1}, 2, True)
        monkeypatch.setattr(touched, "MOST_COUNTED", 1)
        sums = operator.get(f"{TOUCHED}totals/", {"deployment": old.pk}).json()
        assert (sums["runs"], sums["is_all"]) == (1, False)

    def test_as_a_table(self, operator, seen, old):
        judge(seen[0], old, hours=1)
        seen[0].wafer.held_at, seen[0].wafer.hold_reason = at(6), "=cmd()"
        seen[0].wafer.save()

        answer = operator.get(f"{TOUCHED}csv/", {"deployment": old.pk})

        (line,) = csv.DictReader(io.StringIO(b"".join(answer).decode()))
        assert answer["Content-Disposition"] == f'attachment; filename="touched-deployment-{old.pk}.csv"'
        assert (line["lot"], line["version"], line["deployment"]) == (seen[0].lot.code, "1.0.0", str(old.pk))
        assert (line["detections_reject"], line["classes"], line["on_hold"]) == ("1", "scratch:1", "'=cmd()")

    def test_of_another_site_is_not_there(self, operator, foreign, old):
        judge(foreign, old, hours=1)

        assert wafers(operator, deployment=old.pk) == []
        assert operator.get(f"{TOUCHED}totals/", {"deployment": old.pk}).json()["runs"] == 0

    def test_of_everything_is_refused(self, operator):
        answer = operator.get(TOUCHED)

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["deployment"])

    def test_is_found_by_an_index_however_many_runs_there_are(self, site, seen, old):
        judged = judge(seen[0], old, hours=1)
        copied = [
            field.column for field in InspectionRun._meta.concrete_fields if field.column not in ("id", "deployment_id")
        ]
        other = make_deployment("1.1.0")
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO inspection_run (id, deployment_id, {', '.join(copied)})"
                f" SELECT gen_random_uuid(), CASE WHEN n %% 1000 = 0 THEN %s ELSE %s END, {', '.join(copied)}"
                " FROM inspection_run, generate_series(1, 6000) n WHERE id = %s",
                [old.pk, other.pk, judged.pk],
            )
            cursor.execute("ANALYZE inspection_run")
        actor = Actor(user_id=1, username="anna", site_ids=frozenset({site.pk}))

        plans = {
            name: touched.wafers_touched(selection, actor=actor)[:31].explain()
            for name, selection in {
                "run_by_deployment": Selection(deployment=old.pk),
                "run_by_recipe_version": Selection(recipe_version=make_recipe(site, "FINE").pk),
                "run_by_tool": Selection(tool=Tool.objects.create(site=site, code="IDLE").code),
            }.items()
        }

        for name, plan in plans.items():
            assert name in plan and not any(word in plan for word in ("Seq Scan", "Sort", "Hash", "Anti Join")), plan


class TestWhoJudged:
    def test_each_run_with_the_tenure_it_judged_in(self, operator, site, old, new):
        seen = make_inspected(site)
        judge(seen, old, hours=1)
        judge(seen, new, hours=5)
        named = judge(seen, old, hours=6, requested_version=old.version)

        answer = operator.get(f"/api/v1/wafers/{seen.wafer.pk}/judged/")
        by_name, by_new, by_old, unknown = answer.json()["results"]

        assert set(by_name) == set(JudgedOut().fields)
        assert (by_name["run"], by_name["by_name"], by_name["tenure"]) == (str(named.pk), True, None)
        assert (by_new["version"], by_new["tenure"]["since"], by_new["tenure"]["until"]) == (
            "1.1.0", at(4).isoformat(), None,
        )  # fmt: skip
        assert (by_old["tenure"]["since"], by_old["tenure"]["until"]) == (at(0).isoformat(), at(4).isoformat())
        assert (unknown["deployment"], unknown["tenure"]) == (None, None)
        assert [row["stands"] for row in answer.json()["results"]] == [True, False, False, False]

    def test_at_a_time_is_who_had_the_word_then(self, operator, site, old, new):
        seen = make_inspected(site)
        judge(seen, old, hours=1)
        judge(seen, new, hours=5)

        def versions(hours):
            rows = operator.get(f"/api/v1/wafers/{seen.wafer.pk}/judged/", {"at": at(hours).isoformat()})
            return [(row["version"], row["recipe"]["code"]) for row in rows.json()["results"]]

        assert [versions(hours) for hours in (-1, 2, 5)] == [[], [("1.0.0", "DEFAULT")], [("1.1.0", "DEFAULT")]]


def test_runs_of_before_are_given_the_deployment_that_was_asked_for_last(site, old):
    seen = make_inspected(site)
    version = old.version
    again = Deployment.objects.create(
        version=version, triton_name=old.triton_name, state="failed", requested_by="x", requested_at=AT, changed_at=AT
    )
    for deployment, hours in ((old, 0), (again, 4)):
        audit.record(
            action=Action.DEPLOYMENT_REQUESTED, object_type="deployment", object_id=deployment.pk, actor=ANNA,
            at=at(hours),
        )  # fmt: skip
    first, second = (judge(seen, None, hours=hours, model_version=version) for hours in (1, 5))

    import_module("inspection.migrations.0010_judged_by").say_who_judged(None, None)

    assert [InspectionRun.objects.get(pk=run.pk).deployment for run in (first, second)] == [old, again]
    assert seen.run.deployment is None, "which version judged it nobody knows"


@pytest.fixture
def rerun(engineer, site, old, new):
    """A wafer that the old version judged, and the answer to its re-run on the new one."""
    seen = make_inspected(site)
    judge(seen, old, hours=1, boxes=((1, 2, 3, 4), (30, 30, 10, 10)))
    body = {"deployment": old.pk, "model": "visual_defects", "version": "1.1.0"}
    return seen, engineer.post(f"{TOUCHED}rerun/", body, format="json")


def finish(job_id, deployment, *, boxes, band, code="scratch"):
    """What a worker writes of the only run of a job."""
    run = InspectionRun.objects.get(job=job_id)
    values = {"state": "done", "finished_at": at(7), "band": band, "deployment": deployment}
    InspectionRun.objects.filter(pk=run.pk).update(model_version=deployment.version, **values)
    run.refresh_from_db()
    image = run.run_images.get().image
    for ordinal, (x, y, width, height) in enumerate(boxes):
        Detection.objects.create(
            id=derived_uuid7(parent=run.pk, label=str(ordinal)), run=run, image=image, wafer=run.wafer,
            ordinal=ordinal, defect_class=make_class(code), confidence=0.9, raw_score=0.8,
            top3_class_ids=[make_class(code).pk], top3_confidences=[0.9], severity="major", band=band, x_px=x, y_px=y,
            width_px=width, height_px=height,
        )  # fmt: skip
    runs.announce(run, "run.done", now=at(7))
    return run


class TestRerun:
    def test_is_a_job_by_the_same_recipe_and_the_named_version(self, rerun, new):
        seen, answer = rerun
        run = InspectionRun.objects.get(job=answer.json()["id"])

        assert (answer.status_code, answer.json()["total"], len(answer.json()["items"])) == (202, 1, 1)
        assert answer.json()["rerun"]["version"] == "1.1.0"
        assert (run.requested_version, run.counts, run.rerun_of.wafer, run.state) == (
            new.version, False, seen.wafer, "queued",
        )  # fmt: skip
        assert run.recipe_version == run.rerun_of.recipe_version

    def test_changes_nothing_that_counts(self, rerun, operator, new):
        seen, answer = rerun
        actor = Actor(user_id=1, username="anna", site_ids=frozenset({seen.site.pk}))

        def shown():
            (card,) = inspection.wall_cards(actor)
            (found,) = search.wafers_like(actor).newest(9)
            return {
                "standing": operator.get(f"/api/v1/wafers/{seen.wafer.pk}/standing/").json(),
                "wall": (card["run"], card["standing"]),
                "list": found.newest_run_id,
                "map": [row.pk for row in inspection.found_on(seen.wafer.pk, seen.image.layer_id, most=99)],
                "newest": inspection.newest_run_of(seen.wafer.pk, actor=actor),
                "talk": inspection.newest_runs_with([seen.image.pk]),
                "detections": [row["id"] for row in operator.get("/api/v1/detections/").json()["results"]],
                "touched": lots_of(wafers(operator, deployment=new.pk)),
                "tasks": ReviewTask.objects.count(),
                "page": operator.get(f"/wafers/{seen.wafer.pk}/").status_code,
            }

        before = shown()
        rerun_run = finish(answer.json()["id"], new, boxes=((1, 2, 3, 4),), band="accept")

        assert shown() == before
        assert not OutboxEvent.objects.filter(payload__run=str(rerun_run.pk)).exists(), "review is made of what is told"
        assert [row["id"] for row in operator.get("/api/v1/detections/", {"run": str(rerun_run.pk)}).json()["results"]]

    def test_is_refused_where_the_version_is_not_loaded_or_nothing_is_there(self, engineer, rerun, old, new):
        def refused(**values):
            body = {"deployment": old.pk, "model": "visual_defects", "version": "1.1.0", **values}
            answer = engineer.post(f"{TOUCHED}rerun/", body, format="json")
            return answer.status_code, answer.json()["detail"]

        assert refused(version="9.9.9") == (
            400, "Version 9.9.9 of visual_defects is not loaded. Loaded: 1.0.0, 1.1.0.",
        )  # fmt: skip
        assert refused(deployment=new.pk)[0] == 400
        assert "has judged is among it" in refused(model="thermal_spots")[1]

    def test_is_refused_where_it_is_too_much(self, engineer, rerun, old, monkeypatch):
        seen, _ = rerun
        judge(make_inspected(seen.site), old, hours=2)
        monkeypatch.setattr("inspection.services.reruns.MOST_RUNS", 1)

        body = {"deployment": old.pk, "model": "visual_defects", "version": "1.1.0"}
        answer = engineer.post(f"{TOUCHED}rerun/", body, format="json")

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["since"])
        assert InspectionJob.objects.filter(rerun_version__isnull=False).count() == 1

    def test_judges_the_same_images_once(self, engineer, rerun, old):
        seen, _ = rerun
        newest = judge(seen, old, hours=2)

        body = {"deployment": old.pk, "model": "visual_defects", "version": "1.1.0", "label": "Again"}
        job = engineer.post(f"{TOUCHED}rerun/", body, format="json").json()

        assert (job["total"], job["label"]) == (1, "Again")
        assert InspectionRun.objects.get(job=job["id"]).rerun_of == newest

    def test_can_be_cancelled(self, rerun):
        _, answer = rerun
        job = batches.cancel_job(job_id=answer.json()["id"], actor=ANNA, now=at(8))

        assert (job.state, InspectionRun.objects.get(job=job).state) == ("cancelled", RunState.CANCELLED)


class TestPages:
    def test_are_there_for_everybody(self, client, site, rerun, old):
        client.force_login(make_user(Role.OPERATOR, site=site))
        _, answer = rerun
        paths = ["/deployments/", "/touched/", f"/deployments/{old.pk}/", f"/jobs/{answer.json()['id']}/flipped/"]

        assert [client.get(path).status_code for path in paths] == [200] * 4
        assert b"rerun-sheet" not in client.get("/touched/").content

    def test_of_what_is_not_there_are_none(self, client, site, inspected):
        client.force_login(make_user(Role.OPERATOR, site=site))

        answers = [client.get(path) for path in ("/deployments/987654/", f"/jobs/{inspected.job.pk}/flipped/")]

        assert [answer.status_code for answer in answers] == [404, 404]


class TestFlippedCalls:
    def test_are_summed_up_and_shown_one_by_one(self, operator, rerun, new):
        _, answer = rerun
        job_id = answer.json()["id"]
        run = finish(job_id, new, boxes=((1, 2, 3, 4), (50, 50, 9, 9)), band="review", code="void")

        found = operator.get(f"/api/v1/inference/jobs/{job_id}/flipped/").json()
        (row,) = found["results"]
        (image,) = operator.get(f"/api/v1/runs/{run.pk}/flipped/").json()["images"]

        assert (set(found), set(row)) == (set(FlippedOut().fields), set(FlippedRunOut().fields))
        assert row["flips"] == {"same": 0, "band": 0, "class": 1, "gone": 1, "new": 1}
        assert (row["bands"], found["totals"]["flipped"], found["totals"]["bands_changed"]) == (
            ["reject", "review"], 1, 1,
        )  # fmt: skip
        assert [(call["flip"], call["before"] and call["before"]["class_code"]) for call in image["calls"]] == [
            ("gone", "scratch"), ("new", None), ("class", "scratch"),
        ]  # fmt: skip
        assert image["calls"][2]["after"]["class_code"] == "void"
        assert operator.get(f"/api/v1/runs/{row['rerun_of']}/flipped/").status_code == 404

    def test_of_an_ordinary_job_are_none(self, operator, inspected):
        totals = operator.get(f"/api/v1/inference/jobs/{inspected.job.pk}/flipped/").json()["totals"]

        assert (totals["compared"], totals["flipped"]) == (0, 0)
