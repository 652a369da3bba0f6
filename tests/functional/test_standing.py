"""A wafer stands as all of its images say together, wherever it is shown."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.selectors import actor_for_user
from core.ids import derived_uuid7, uuid7
from core.roles import Role
from domain.imaging.fitness import WORDS
from inspection import events, selectors
from inspection.models import Detection, InspectionImage, InspectionRun, Layer, RunImage, Wafer
from inspection.selectors import search
from inspection.selectors.standing import with_standing
from inspection.services import runs as run_services
from outbox.models import OutboxEvent
from tests.factories import AT, make_class, make_inspected, make_user

pytestmark = pytest.mark.django_db

BANDS = {"reject": ("major", "reject"), "review": ("minor", "review"), "accept": ("minor", "accept")}


@pytest.fixture
def person(site):
    return make_user(Role.OPERATOR, site=site)


@pytest.fixture
def actor(person):
    return actor_for_user(person)


@pytest.fixture
def fab(inspected):
    """Pictures and runs of one wafer, each later than the one before. The first picture's run says reject."""
    return Fab(inspected)


class Fab:
    def __init__(self, inspected, *, count=0):
        self.inspected, self.count = inspected, count

    def picture(self, *, layer=None):
        first, at = self.inspected.image, self._later()
        values = {field.attname: getattr(first, field.attname) for field in first._meta.concrete_fields}
        digest = f"{self.count:064x}"
        values |= {"id": uuid7(at=at), "sha256": digest, "pixel_sha256": digest, "file_name": f"{self.count}.png"}
        return InspectionImage.objects.create(**values | {"layer_id": (layer or first.layer).pk})

    def run(self, *said, state="done", **values):
        """A run over (image, band) pairs; each image has one finding of that band."""
        first, at = self.inspected.run, self._later()
        bands = [band for _, band in said]
        worst = next((band for band in ("reject", "review", "accept") if band in bands), "")
        run = InspectionRun.objects.create(
            id=uuid7(at=at), site=first.site, wafer=first.wafer, layer=said[0][0].layer, tool=first.tool,
            recipe_version=first.recipe_version, state=state, requested_by="someone", queued_at=at,
            band=worst if state == "done" else "", detection_count=len(said) if state == "done" else 0,
            summary=self._summary(said) if state == "done" else {"images": len(said)}, **values,
        )  # fmt: skip
        for ordinal, (image, band) in enumerate(said):
            RunImage.objects.create(run=run, image=image, ordinal=ordinal)
            if state == "done":
                self._find(run, image, band=band, ordinal=ordinal)
        return run

    def _later(self):
        self.count += 1
        return AT + timedelta(seconds=self.count)

    def _summary(self, said):
        by_severity = dict.fromkeys(("critical", "major", "minor", "nuisance"), 0)
        for _, band in said:
            by_severity[BANDS[band][0]] += 1
        shown = said[0][0]
        return {
            "counts_by_class": {"scratch": len(said)}, "counts_by_severity": by_severity, "images": len(said),
            "image": {"id": str(shown.pk), "width_px": 64, "height_px": 64, "file_name": shown.file_name},
            "boxes": [[1, 2, 3, 4, "scratch", BANDS[said[0][1]][0]]],
        }  # fmt: skip

    def _find(self, run, image, *, band, ordinal):
        severity, graded = BANDS[band]
        Detection.objects.create(
            id=derived_uuid7(parent=run.pk, label=str(ordinal)), run=run, image=image, wafer=run.wafer, ordinal=ordinal,
            defect_class=make_class(), confidence=0.9, raw_score=0.8, top3_class_ids=[make_class().pk],
            top3_confidences=[0.9], severity=severity, band=graded, x_px=1, y_px=2, width_px=3, height_px=4,
        )  # fmt: skip


def standing(actor):
    (card,) = selectors.wall_cards(actor)
    return card["standing"]


class TestTheBand:
    def test_is_the_worst_of_five_pictures_that_came_one_by_one(self, fab, actor):
        for _ in range(4):
            fab.run((fab.picture(), "accept"))

        (card,) = selectors.wall_cards(actor)

        assert card["band"] == "accept"
        assert (card["standing"]["band"], card["standing"]["verdict"]) == ("reject", "reject")
        assert card["standing"]["images"] == card["standing"]["detection_count"] == 5
        assert card["standing"]["counts_by_class"] == {"scratch": 5}
        assert card["standing"]["counts_by_severity"]["minor"] == 4

    def test_is_lifted_when_the_rejected_picture_is_judged_again_and_accepted(self, fab, actor):
        fab.run((fab.picture(), "accept"))
        fab.run((fab.inspected.image, "accept"))

        assert (standing(actor)["band"], standing(actor)["detection_count"]) == ("accept", 2)

    def test_of_a_run_over_many_pictures_outlives_a_picture_that_came_later(self, fab, actor):
        many = [(fab.inspected.image, "accept"), (fab.picture(), "review"), (fab.picture(), "accept")]
        fab.run(*many)
        fab.run((fab.picture(), "accept"))

        assert (standing(actor)["band"], standing(actor)["images"]) == ("review", 4)

    @pytest.mark.parametrize(("again", "band"), [(0, "review"), (1, "reject")])
    def test_of_a_run_over_many_pictures_holds_for_those_not_judged_again(self, fab, actor, again, band):
        many = [(fab.inspected.image, "reject"), (fab.picture(), "review"), (fab.picture(), "accept")]
        fab.run(*many)
        fab.run((many[again][0], "accept"))

        assert standing(actor)["band"] == band
        assert standing(actor)["counts_by_class"] == {"scratch": 3}
        assert sum(standing(actor)["counts_by_severity"].values()) == 3

    @pytest.mark.parametrize(("again", "verdict", "why"), [(0, "review", "1 of 3 images: "), (1, "accept", "")])
    def test_is_for_a_person_while_an_image_that_was_not_judged_again_has_a_flaw(self, fab, actor, again, verdict, why):
        first, flawed = fab.inspected.image, fab.picture()
        run = fab.run((first, "accept"), (flawed, "accept"), (fab.picture(), "accept"))
        run.summary["flaws"] = {str(flawed.pk): ["blown_out"]}
        run.band = "review"
        run.save()
        fab.run(((first, flawed)[again], "accept"))

        found = standing(actor)

        assert (found["verdict"], found["why"]) == (verdict, why and f"{why}{WORDS['blown_out']}")
        listed = with_standing(Wafer.objects.all(), band=verdict)
        assert list(listed.values_list("pk", flat=True)) == [fab.inspected.wafer.pk]

    def test_of_a_nuisance_is_accept_where_a_run_speaks_for_a_part_of_its_pictures(self, fab, actor, monkeypatch):
        monkeypatch.setitem(BANDS, "review", ("nuisance", "reject"))
        many = [(fab.inspected.image, "reject"), (fab.picture(), "review")]
        fab.run(*many)
        fab.run((fab.inspected.image, "accept"))

        assert standing(actor)["band"] == "accept"

    def test_of_one_layer_says_nothing_of_another(self, fab, actor):
        other = Layer.objects.create(site=fab.inspected.site, code="M2")
        fab.run((fab.picture(layer=other), "accept"))

        cards = {card["layer"]: card["standing"] for card in selectors.wall_cards(actor)}

        assert {layer: one["band"] for layer, one in cards.items()} == {"M1": "reject", "M2": "accept"}
        assert {one["images"] for one in cards.values()} == {1}

    def test_comes_with_the_picture_that_it_is_about(self, fab, actor):
        bad = fab.picture()
        rejecting = fab.run((bad, "reject"))
        fab.run((fab.inspected.image, "accept"))

        assert standing(actor)["picture"]["run"] == str(rejecting.pk)
        assert standing(actor)["picture"]["image"]["id"] == str(bad.pk)
        assert standing(actor)["picture"]["boxes"][0][5] == "major"


class TestTheState:
    @pytest.mark.parametrize(
        ("values", "verdict", "under_way"),
        [
            ({"state": "queued"}, "queued", 1),
            ({"state": "queued", "waiting_for": "Triton is away."}, "waiting", 1),
            ({"state": "running", "lease_until": AT}, "running", 1),
            ({"state": "failed", "error_detail": "It broke."}, "failed", 0),
            ({"state": "cancelled"}, "cancelled", 0),
        ],
    )
    def test_is_that_of_a_picture_nobody_has_judged(self, fab, actor, values, verdict, under_way):
        fab.run((fab.inspected.image, "accept"))
        fab.run((fab.picture(), "accept"), **values)
        fab.run((fab.picture(), "accept"))

        found = standing(actor)

        assert (found["band"], found["verdict"], found["under_way"]) == ("accept", verdict, under_way)
        assert found["why"] == (values.get("waiting_for") or values.get("error_detail") or "")

    @pytest.mark.parametrize("state", ["queued", "failed"])
    def test_never_hides_that_another_picture_is_rejected(self, fab, actor, state):
        fab.run((fab.picture(), "accept"), state=state)

        assert (standing(actor)["state"], standing(actor)["verdict"]) == (state, "reject")

    def test_of_a_repetition_that_was_cancelled_says_nothing(self, fab, actor):
        fab.run((fab.inspected.image, "accept"))
        fab.run((fab.inspected.image, "reject"), state="cancelled")

        assert (standing(actor)["state"], standing(actor)["verdict"]) == ("done", "accept")


class TestWhereItIsShown:
    def test_the_list_of_wafers(self, fab, person):
        fab.run((fab.picture(), "accept"))
        client = Client()
        client.force_login(person)

        for part in ("rows", "suggestions"):
            page = client.get(reverse("inspection:wafers"), {"part": part, "q": "W"}).content.decode()
            assert "band--reject" in page
            assert "band--accept" not in page

    @pytest.mark.parametrize("many", [False, True])
    @pytest.mark.parametrize(
        ("filters", "is_found"),
        [
            ({"band": "reject"}, True),
            ({"band": "accept"}, False),
            ({"state": "queued"}, True),
            ({"state": "done"}, False),
        ],
    )
    def test_the_filters_of_that_list(self, fab, actor, many, filters, is_found):
        if many:
            fab.run((fab.inspected.image, "accept"), (fab.picture(), "reject"))
        fab.run((fab.picture(), "accept"))
        fab.run((fab.picture(), "accept"), state="queued")

        assert bool(search.wafers_like(actor, **filters).newest(1)) is is_found

    @pytest.mark.parametrize("filters", [{"band": "review"}, {"state": "failed"}, {"state": "done", "band": "review"}])
    def test_every_page_of_that_list_however_rare_its_wafers_are(self, site, actor, monkeypatch, filters):
        monkeypatch.setattr(search, "_FIRST_LOOK", 1)
        made = [make_inspected(site, at=AT + timedelta(seconds=n)) for n in range(9)]
        wanted = [made[n].wafer.pk for n in (8, 5, 4, 1, 0)]
        meant = InspectionRun.objects.filter(wafer__in=wanted)
        meant.update(state=filters.get("state", "done"), band=filters.get("band", ""))
        if filters.get("state") == "failed":
            # What has failed and was judged since is looked at, and does not stand so.
            InspectionRun.objects.filter(pk=made[7].run.pk).update(state="failed", band="")
            Fab(made[7], count=100).run((made[7].image, "accept"))
        found = search.wafers_like(actor, **filters)

        pages = [search.page_of(found, before=None, after=None, size=2)]
        while pages[-1].older:
            pages.append(search.page_of(found, before=pages[-1].older, after=None, size=2))
        back = search.page_of(found, before=None, after=pages[-1].newer, size=2)

        assert [[wafer.pk for wafer in page.wafers] for page in pages] == [wanted[:2], wanted[2:4], wanted[4:]]
        assert [wafer.pk for wafer in back.wafers] == wanted[2:4]

    def test_that_list_asks_as_often_for_many_wafers_as_for_few(self, site, actor):
        def cost():
            with CaptureQueriesContext(connection) as queries:
                search.page_of(search.wafers_like(actor, state="failed"), before=None, after=None, size=2)
            return len(queries)

        InspectionRun.objects.filter(pk=make_inspected(site).run.pk).update(state="failed", band="")
        before = cost()
        for n in range(70):
            make_inspected(site, at=AT + timedelta(seconds=n))

        assert cost() == before

    def test_the_walls_filter(self, fab, actor):
        fab.run((fab.picture(), "accept"))

        assert len(selectors.wall_cards(actor, band="reject")) == 1
        assert selectors.wall_cards(actor, band="accept") == []

    def test_the_wall_of_what_people_uploaded(self, fab, operator):
        InspectionRun.objects.filter(pk=fab.inspected.run.pk).update(tool=None)
        for n in range(1, 4):
            make_inspected(fab.inspected.site, at=AT + timedelta(seconds=n))

        body = operator.get(reverse("api:wall"), {"tool": "by hand", "limit": 1}).json()

        assert [card["wafer"]["id"] for card in body["cards"]] == [str(fab.inspected.wafer.pk)]

    def test_the_wall_of_one_wafer(self, fab, actor):
        make_inspected(fab.inspected.site)

        (card,) = selectors.wall_cards(actor, wafer=fab.inspected.wafer.pk)

        assert card["wafer"]["id"] == str(fab.inspected.wafer.pk)

    def test_the_event_of_a_run_that_ended(self, fab):
        run = fab.run((fab.picture(), "accept"))

        run_services.announce(run, events.RUN_DONE, now=AT)

        card = OutboxEvent.objects.latest("seq").payload
        assert (card["band"], card["standing"]["band"], card["standing"]["images"]) == ("accept", "reject", 2)

    def test_the_event_of_a_run_that_is_alone_says_the_same_without_asking(self, fab):
        run = fab.inspected.run

        with CaptureQueriesContext(connection) as queries:
            run_services.announce(run, events.RUN_DONE, now=AT, is_alone=True)
        alone = OutboxEvent.objects.latest("seq").payload
        run_services.announce(run, events.RUN_DONE, now=AT)

        assert not any("run_image" in query["sql"] for query in queries)
        assert alone == OutboxEvent.objects.latest("seq").payload

    def test_the_wafers_page_gets_every_image_with_its_current_findings(self, fab, operator):
        old, other = fab.inspected, fab.picture()
        many = fab.run((old.image, "review"), (other, "accept"))
        again = fab.run((old.image, "accept"))
        waiting = fab.run((fab.picture(), "accept"), state="queued")

        body = operator.get(reverse("api:wafer_standing", args=[old.wafer.pk])).json()

        assert [image["run"] for image in body["images"]] == [str(again.pk), str(many.pk), str(waiting.pk)]
        assert {(found["image"], found["run"]) for found in body["detections"]} == {
            (str(old.image.pk), str(again.pk)), (str(other.pk), str(many.pk)),
        }  # fmt: skip
        assert [run["id"] for run in body["runs"]] == [str(again.pk), str(many.pk)]
        assert (body["band"], body["state"], body["layer"]) == ("accept", "queued", "M1")

    def test_a_layer_that_was_never_inspected_is_not_found(self, fab, operator):
        address = reverse("api:wafer_standing", args=[fab.inspected.wafer.pk])

        assert operator.get(address, {"layer": "M9"}).status_code == 404


class TestTheCost:
    def test_is_the_same_for_one_wafer_and_for_many_with_many_pictures(self, fab, actor):
        fab.run((fab.inspected.image, "accept"), (fab.picture(), "accept"))
        fab.run((fab.inspected.image, "review"))
        fab.run((fab.picture(), "accept"))

        def cost():
            with CaptureQueriesContext(connection) as queries:
                selectors.wall_cards(actor)
            return len(queries)

        before = cost()
        for _ in range(5):
            other = Fab(make_inspected(fab.inspected.site))
            other.run((other.inspected.image, "accept"), (other.picture(), "accept"))
            other.run((other.inspected.image, "review"))
            other.run((other.picture(), "accept"))

        assert cost() == before
