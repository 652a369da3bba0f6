"""One image through the real decoder, the real Triton and the real database."""

import io

import cv2
import numpy as np
import pytest
from django.db import DatabaseError, IntegrityError, transaction
from PIL import Image
from structlog.testing import capture_logs

from accounts.errors import UnknownSite
from audit.models import AuditEvent
from core import image_store
from core.actors import Actor
from core.clock import now
from core.errors import Invalid, Overloaded
from core.idempotency import Attempt
from core.roles import Role
from inspection import services
from inspection.errors import ExternalIdTaken, UnknownRecipe, UnusableImage
from inspection.models import DefectClass, Detection, InspectionImage, InspectionRun, Tool, Wafer
from inspection.serializers.answers import result_of
from inspection.services import inference, prediction_cache, runs, uploads
from inspection.services import predict as predicting
from inspection.services.findings import write_findings
from inspection.services.work import _tool_of
from models_admin import selectors as models_admin
from models_admin.models import Deployment, TrafficRoute
from outbox.models import OutboxEvent
from serving.errors import CircuitOpen
from tests.integration.inspection.conftest import OTHER_VERSION, SYSTEM, VERSION

pytestmark = pytest.mark.django_db


@pytest.fixture
def predict(operator):
    def predict(data, *, file_name="a.png", **upload):
        return services.predict_image(
            data=data, file_name=file_name, upload=services.Upload(**upload), actor=operator, now=now()
        )

    return predict


def encoded(pixels):
    return bytes(cv2.imencode(".png", pixels)[1])


class TestAnImageThatIsNotFitToBeJudged:
    white = encoded(np.full((64, 64), 255, np.uint8))
    one_shade = encoded(np.full((64, 64), 20, np.uint8))

    @pytest.mark.parametrize(("name", "flaw"), [("white", "blown_out"), ("one_shade", "no_contrast")])
    def test_is_for_a_person_with_the_reason_however_little_is_found(self, deployed, predict, site, name, flaw):
        code = recipe_that_reports_nothing(site)

        outcome = predict(getattr(self, name), recipe=code)

        run = InspectionRun.objects.get(pk=outcome.run.pk)
        told = result_of(run)
        assert (run.band, run.detection_count) == ("review", 0)
        assert run.summary["flaws"] == {told["images"][0]["id"]: [flaw]}
        assert [one["code"] for one in told["images"][0]["flaws"]] == [flaw]
        assert AuditEvent.objects.get(action="run.finish").after["flaws"] == run.summary["flaws"]
        card = OutboxEvent.objects.get(type="run.done").payload
        assert card["standing"]["verdict"] == "review"
        assert card["standing"]["why"] == told["images"][0]["flaws"][0]["text"]

    def test_is_one_by_what_its_recipe_asks_for(self, deployed, predict, png, site):
        code = recipe_that_reports_nothing(site, preprocessing={"gate": {"least_blur": 1e6}})

        run = predict(png(), recipe=code).run

        assert (run.band, list(run.summary["flaws"].values())) == ("review", [["blurred"]])

    def test_is_found_out_from_the_cache_as_well(self, deployed, predict, site):
        code = recipe_that_reports_nothing(site)
        predict(self.white, recipe=code)

        again = predict(self.white, recipe=code, wafer="W09").run

        assert (again.is_cached, again.band) == (True, "review")

    def test_has_further_pages_that_nobody_looked_at(self, deployed, predict, png, site, tmp_path):
        pages = [Image.open(io.BytesIO(png(seed))) for seed in (1, 2)]
        pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
        code = recipe_that_reports_nothing(site)

        run = predict((tmp_path / "pages.tif").read_bytes(), recipe=code).run

        assert (run.band, list(run.summary["flaws"].values())) == ("review", [["first_of_several"]])

    def test_is_none_where_there_is_nothing_wrong(self, deployed, predict, png, site):
        run = predict(png(), recipe=recipe_that_reports_nothing(site)).run

        assert (run.band, run.summary["flaws"]) == ("accept", {})


def recipe_that_reports_nothing(site, **settings):
    """Its code: every class needs to be sure, so that the model alone would accept whatever it is shown."""
    thresholds = dict.fromkeys(DefectClass.objects.values_list("code", flat=True), 1.0)
    services.create_recipe(site=site, code="BLIND", thresholds=thresholds, actor=SYSTEM, now=now(), **settings)
    return "BLIND"


class TestPredictImage:
    def test_stores_image_run_findings_trail_and_event_together(self, deployed, predict, png):
        outcome = predict(png(), lot="L1", wafer="W03", layer="M2", tool="BF-9")

        run = InspectionRun.objects.get(pk=outcome.run.pk)
        image = InspectionImage.objects.get()
        assert (run.state, run.band, run.attempt) == ("done", outcome.run.band, 1)
        assert run.detection_count == Detection.objects.filter(run=run, image=image).count() > 0
        assert (run.wafer.lot.code, run.wafer.code, run.layer.code, run.tool.code) == ("L1", "W03", "M2", "BF-9")
        assert image_store.get(image.store_key) == png()
        assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"image.ingest", "run.finish"}
        assert OutboxEvent.objects.filter(type="run.done").count() == 1

    def test_names_everything_that_decided_the_result(self, deployed, predict, png):
        run = predict(png()).run

        image = InspectionImage.objects.get()
        assert run.provenance["pixel_sha256"] == [image.pixel_sha256]
        assert run.provenance["model_sha256"] == deployed.sha256
        assert run.provenance["preprocessing_sha256"] == run.recipe_version.preprocessing_sha256
        assert run.provenance["recipe"] == "DEFAULT v1"
        assert run.provenance["code_version"]
        assert run.model_version.version == VERSION
        assert {"decode", "infer", "postprocess", "total"} <= set(run.timings_ms)

    def test_places_findings_on_wafer_and_die(self, deployed, predict, png):
        run = predict(png(), lot="L1", wafer="W1", origin_x_um=1000.0, origin_y_um=2000.0, pixel_um=0.5).run

        assert run.detection_count > 0
        for found in run.detections.all():
            assert found.wafer_x_um == pytest.approx(1000 + (found.x_px + found.width_px / 2) * 0.5, abs=0.01)
            assert found.wafer_y_um == pytest.approx(2000 - (found.y_px + found.height_px / 2) * 0.5, abs=0.01)
            assert (found.die_col, found.die_row) == (0, 0)
            assert found.size_um == pytest.approx(max(found.width_px, found.height_px) * 0.5, abs=0.01)

    def test_an_image_without_a_place_has_findings_without_one(self, deployed, predict, png):
        found = predict(png()).run.detections.first()

        assert (found.wafer_x_um, found.wafer_y_um, found.die_col, found.die_row) == (None, None, None, None)

    def test_the_same_file_for_the_same_wafer_is_the_same_run(self, deployed, predict, png):
        first = predict(png(), lot="L1", wafer="W1")
        second = predict(png(), lot="L1", wafer="W1", file_name="other name.png")

        assert (second.repeated, second.run.pk) == (True, first.run.pk)
        assert InspectionImage.objects.count() == InspectionRun.objects.count() == 1

    def test_asking_without_the_cache_judges_the_same_image_again(self, deployed, predict, png):
        first = predict(png(), lot="L1", wafer="W1")
        second = predict(png(), lot="L1", wafer="W1", use_cache=False)

        assert second.run.pk != first.run.pk
        assert InspectionImage.objects.count() == 1

    def test_the_same_pixels_on_another_wafer_are_answered_from_the_cache(self, deployed, predict, png):
        first = predict(png(), lot="L1", wafer="W1").run
        second = predict(png(), lot="L1", wafer="W2").run

        assert (first.is_cached, second.is_cached) == (False, True)
        assert [d.confidence for d in first.detections.order_by("ordinal")] == [
            d.confidence for d in second.detections.order_by("ordinal")
        ]

    def test_a_broken_cache_is_a_miss(self, deployed, predict, png, settings):
        settings.REDIS_URL = "redis://127.0.0.1:9/0"
        prediction_cache._redis.cache_clear()
        try:
            run = predict(png(), lot="L1", wafer="W1").run
        finally:
            prediction_cache._redis.cache_clear()

        assert (run.state, run.is_cached) == ("done", False)

    def test_a_file_that_is_no_image_leaves_nothing_behind(self, deployed, predict):
        with pytest.raises(UnusableImage, match="PNG or TIFF") as refusal:
            predict(b"%PDF-1.4 not an image at all")

        assert refusal.value.extra["reason"]
        assert not InspectionImage.objects.exists()
        assert not Wafer.objects.exists()

    def test_an_external_id_names_one_image_for_ever(self, deployed, predict, png):
        predict(png(1), external_id="tool-7/42")

        with pytest.raises(ExternalIdTaken, match="tool-7/42"):
            predict(png(2), external_id="tool-7/42")
        assert InspectionImage.objects.count() == 1

    def test_an_external_id_sent_again_with_the_same_bytes_is_the_same_run_wherever_it_is_said_to_belong(
        self, deployed, predict, png
    ):
        first = predict(png(1), external_id="tool-7/42", lot="MONDAY")
        again = predict(png(1), external_id="tool-7/42", lot="TUESDAY")

        assert (again.repeated, again.run.pk) == (True, first.run.pk)

    def test_an_external_id_sent_again_is_judged_at_the_layer_of_its_image(self, predict, png):
        predict(png(1), external_id="tool-7/42", layer="M1")

        again = predict(png(1), external_id="tool-7/42", use_cache=False).run

        assert (again.layer.code, InspectionImage.objects.count()) == ("M1", 1)

    def test_an_account_without_a_site_has_none_when_the_system_has_just_had_one(self, site):
        nobody = Actor(user_id=None, username="nina", roles=frozenset({Role.OPERATOR}))
        uploads.resolve(services.Upload(), actor=SYSTEM, now=now())

        with pytest.raises(UnknownSite):
            uploads.resolve(services.Upload(), actor=nobody, now=now())

    def test_dies_follow_the_lots_product_when_the_upload_names_none(self, deployed, predict, png, site):
        services.create_product(site=site, code="TINY", die_pitch_x_um=100.0, actor=SYSTEM, now=now())
        place = {"origin_x_um": 1000.0, "origin_y_um": 2000.0, "pixel_um": 0.5}
        predict(png(1), lot="L9", wafer="W1", product="TINY", **place)

        run = predict(png(2), lot="L9", wafer="W2", **place).run

        assert run.detections.first().die_col > 0

    def test_a_product_that_is_not_the_lots_is_refused(self, deployed, predict, png):
        predict(png(1), lot="L9", product="ONE")

        with pytest.raises(Invalid, match="L9 is of product ONE"):
            predict(png(2), lot="L9", product="TWO")

    def test_a_new_version_of_the_recipe_judges_the_same_file_again_and_is_named(self, deployed, predict, png, site):
        first = predict(png(), lot="L1", wafer="W1").run
        services.add_recipe_version(recipe_id=first.recipe_version.recipe_id, reject_from=0.9, actor=SYSTEM, now=now())
        services.forget_named_rows()

        again = predict(png(), lot="L1", wafer="W1")

        assert (again.repeated, again.run.provenance["recipe"]) == (False, "DEFAULT v2")
        first.refresh_from_db()
        assert first.provenance["recipe"] == "DEFAULT v1"

    def test_a_refused_file_is_in_the_trail(self, deployed, predict):
        with pytest.raises(UnusableImage):
            predict(b"%PDF-1.4", file_name="report.pdf")

        event = AuditEvent.objects.get(action="image.refuse")
        assert event.after["file_name"] == "report.pdf"

    def test_an_unknown_recipe_names_the_known_ones(self, deployed, predict, png):
        with pytest.raises(UnknownRecipe, match="DEFAULT"):
            predict(png(), recipe="NOPE")

    def test_a_foreign_site_is_like_one_that_does_not_exist(self, deployed, stranger, png):
        with pytest.raises(UnknownSite):
            services.predict_image(
                data=png(), file_name="a.png", upload=services.Upload(site="T1"), actor=stranger, now=now()
            )

    def test_while_triton_is_away_the_image_is_kept_and_the_run_says_why_it_waits(
        self, deployed, triton_away, predict, png
    ):
        outcome = predict(png(), lot="L1", wafer="W1")

        run = InspectionRun.objects.get()
        assert (outcome.waiting, run.state) == (True, "queued")
        assert run.waiting_for == "Triton does not answer; it is tried again by itself."
        assert InspectionImage.objects.count() == 1

    def test_however_much_triton_has_to_say_people_read_a_sentence_and_the_log_has_it_all(
        self, deployed, predict, png, monkeypatch
    ):
        says = "Triton has failed repeatedly: " + "ipv4:127.0.0.1:28805: recvmsg:Connection reset; " * 20

        def cannot(*_, **__):
            raise CircuitOpen(says)

        monkeypatch.setattr(inference, "judge_image", cannot)

        with capture_logs() as lines:
            run = predict(png(), lot="L1", wafer="W1").run

        assert run.state == "queued"
        assert run.waiting_for == "Triton does not answer; it is tried again by itself."
        assert [line["detail"] for line in lines if line["event"] == "triton_fault"] == [says]

    def test_without_any_deployed_model_the_image_waits_too(self, site, predict, png):
        outcome = predict(png())

        assert outcome.waiting
        assert "deployed" in outcome.run.waiting_for


class TestTheSameFileTwiceAtOnce:
    @pytest.fixture
    def lose(self, predict, operator, png):
        """What the slower one is answered: it had looked before the faster one was stored."""

        def lose(**upload):
            place = {"lot": "L1", "wafer": "W1"}
            taken = predicting.take_image(
                data=png(), file_name="a.png", upload=services.Upload(**place, **upload), actor=operator, now=now()
            )
            faster = predict(png(), **place).run
            slower = runs.new_run(
                wafer=taken.wafer,
                context=taken.context,
                job=None,
                priority=0,
                use_cache=True,
                actor=operator,
                now=now(),
            )
            answer = predicting._stored_for_later(slower, taken, reason="", now=now(), attempt=Attempt())
            return faster, answer

        return lose

    def test_the_slower_one_is_answered_by_the_run_of_the_faster(self, lose):
        faster, answer = lose()

        assert (answer.repeated, answer.run.pk) == (True, faster.pk)
        assert InspectionRun.objects.count() == 1

    def test_a_run_by_another_recipe_answers_nobody(self, site, lose):
        services.create_recipe(site=site, code="FINE", actor=SYSTEM, now=now())

        with pytest.raises(Overloaded, match="Send it again"):
            lose(recipe="FINE")


class TestByANamedVersion:
    def test_the_version_in_force_may_be_named(self, deployed, predict, png):
        assert predict(png(), model="visual_defects", version=VERSION).run.state == "done"

    def test_one_that_is_loaded_judges(self, other_loaded, predict, png):
        by_champion = predict(png(), lot="L1", wafer="W1").run
        named = predict(png(), lot="L1", wafer="W1", version=OTHER_VERSION)

        assert (named.repeated, named.run.model_version.version) == (False, OTHER_VERSION)
        assert named.run.provenance["model_sha256"] == other_loaded.version.sha256
        boxes = [
            list(run.detections.order_by("ordinal").values_list("x_px", flat=True)) for run in (by_champion, named.run)
        ]
        assert boxes[0] != boxes[1]

    def test_the_same_file_is_the_same_run_of_each_version(self, other_loaded, predict, png):
        runs = {
            version: predict(png(), lot="L1", wafer="W1", version=version).run.pk for version in (None, OTHER_VERSION)
        }
        again = {version: predict(png(), lot="L1", wafer="W1", version=version) for version in (OTHER_VERSION, None)}

        assert {version: outcome.run.pk for version, outcome in again.items()} == runs
        assert all(outcome.repeated for outcome in again.values())

    @pytest.mark.parametrize(
        ("wanted", "field", "says"),
        [
            (
                {"version": "1.2.3"},
                "version",
                f"Version 1.2.3 of visual_defects is not loaded. Loaded: {VERSION}, {OTHER_VERSION}.",
            ),
            ({"model": "thermal"}, "model", f"Loaded: visual_defects {VERSION}, visual_defects {OTHER_VERSION}."),
            ({"model": "thermal", "version": VERSION}, "model", "No version of thermal is loaded."),
        ],
    )
    def test_one_that_is_not_loaded_is_refused_with_those_that_are(
        self, other_loaded, predict, png, wanted, field, says
    ):
        with pytest.raises(Invalid) as refusal:
            predict(png(), **wanted)

        assert says in refusal.value.detail
        assert field in refusal.value.extra["fields"]
        assert not InspectionRun.objects.exists()

    def test_while_triton_is_away_the_run_waits_for_that_version(
        self, other_loaded, predict, png, triton_away, monkeypatch
    ):
        run = predict(png(), version=OTHER_VERSION).run
        monkeypatch.undo()

        services.drain(budget_s=20)

        run.refresh_from_db()
        assert (run.state, run.model_version.version, run.is_degraded) == ("done", OTHER_VERSION, False)

    def test_that_is_unloaded_meanwhile_ends_the_run_with_the_reason(self, other_loaded, predict, png, triton_away):
        run = predict(png(), version=OTHER_VERSION).run
        Deployment.objects.filter(pk=other_loaded.pk).update(state="retired")
        models_admin.forget_routes()

        services.drain(budget_s=20)

        run.refresh_from_db()
        assert (run.state, run.error_code) == ("failed", "unknown_model_version")
        assert OTHER_VERSION in run.error_detail

    def test_stored_images_are_judged_again_as_a_job(self, other_loaded, predict, png, operator):
        image = InspectionImage.objects.get(run_images__run=predict(png()).run)
        job = services.reinspect_images(
            image_ids=[image.pk], upload=services.Upload(version=OTHER_VERSION), label="", actor=operator, now=now()
        )

        services.drain(budget_s=20)

        assert InspectionRun.objects.get(job=job).model_version.version == OTHER_VERSION


class TestDetectionsAreNeverChanged:
    def test_the_database_refuses_an_update(self, deployed, predict, png):
        run = predict(png()).run

        with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
            Detection.objects.filter(run=run).update(confidence=1.0)

    def test_writing_a_runs_findings_twice_meets_the_primary_key(self, deployed, predict, png, monkeypatch):
        kept = {}

        def remember(run, judged, *, classes):
            kept.update(run=run, judged=judged, classes=classes)
            return write_findings(run, judged, classes=classes)

        monkeypatch.setattr("inspection.services.runs.write_findings", remember)
        predict(png())

        with pytest.raises(IntegrityError), transaction.atomic():
            write_findings(kept["run"], kept["judged"], classes=kept["classes"])


class TestRoutesOfTheirOwn:
    """Of tools and products; a run has one judge, whatever its images come from."""

    def test_are_taken_by_images_of_that_tool_and_product(self, other_loaded, predict, png):
        TrafficRoute.objects.create(
            model=other_loaded.version.model, champion=other_loaded, tool_code="EDGE-3", product_code="P-9",
            changed_at=now(),
        )  # fmt: skip
        models_admin.forget_routes()

        judged_by = [
            predict(png(seed), lot=f"L{seed}", **codes).run.model_version.version
            for seed, codes in enumerate(({"tool": "EDGE-3", "product": "P-9"}, {"tool": "EDGE-3"}, {"product": "P-9"}))
        ]

        assert judged_by == [OTHER_VERSION, VERSION, VERSION]

    def test_are_for_no_wafer_whose_images_come_from_several_tools(self):
        images = [InspectionImage(tool=Tool(code=code) if code else None) for code in ("A", "A", "B", None)]

        assert [_tool_of(images[:2]), _tool_of(images[:3]), _tool_of(images[3:]), _tool_of(images[2:])] == [
            "A", "", "", "",
        ]  # fmt: skip


class TestTheTrailIsAppendOnly:
    @pytest.mark.parametrize("change", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
    def test_the_database_refuses_changes(self, deployed, predict, png, change):
        from django.db import connection

        predict(png())

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
