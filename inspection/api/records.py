"""What was seen: lots, wafers, images, runs and detections of the caller's sites, and the live wall."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer, between, narrowed
from core.clock import now
from core.errors import NotFound
from core.schema import page_of
from inspection import selectors, services
from inspection.models import Wafer
from inspection.serializers import documented, shown
from inspection.serializers.inputs import (
    DetectionsQuery,
    HoldIn,
    ImagesQuery,
    LotsQuery,
    RunsQuery,
    StandingQuery,
    WaferReleaseIn,
    WafersQuery,
    WallQuery,
)


class LotsView(ApiView):
    @extend_schema(parameters=[LotsQuery], responses=page_of(documented.LotOut))
    def get(self, request: Request) -> HttpResponse:
        """Lots, newest first."""
        query = self.query(LotsQuery)
        rows = narrowed(selectors.lots_visible_to(self.actor), query, {"code": "code", "product": "product__code"})
        return self.page(rows, query=query, show=shown.lot_of)


class LotView(ApiView):
    @extend_schema(responses=documented.LotOut)
    def get(self, request: Request, lot_id: int) -> HttpResponse:
        """One lot."""
        return answer(shown.lot_of(selectors.one(selectors.lots_visible_to(self.actor), lot_id, what="lot")))


class WafersView(ApiView):
    LOOKUPS = {"lot": "lot__code", "code": "code", "product": "lot__product__code"}

    @extend_schema(parameters=[WafersQuery], responses=page_of(documented.WaferOut))
    def get(self, request: Request) -> HttpResponse:
        """Wafers, newest first."""
        query = self.query(WafersQuery)
        rows = between(narrowed(selectors.wafers_visible_to(self.actor), query, self.LOOKUPS), query)
        rows = rows.filter(held_at__isnull=False) if query["on_hold"] else rows
        return self.page(rows, query=query, show=shown.wafer_of)


class WaferView(ApiView):
    @extend_schema(responses=documented.WaferDetailOut)
    def get(self, request: Request, wafer_id: UUID) -> HttpResponse:
        """One wafer with its geometry and its newest run."""
        return answer(_detail_of(selectors.one(selectors.wafers_visible_to(self.actor), wafer_id, what="wafer"), self))


class HoldView(ApiView):
    @extend_schema(request=HoldIn, responses=documented.WaferDetailOut)
    def post(self, request: Request, wafer_id: UUID) -> HttpResponse:
        """Put a wafer on hold, for a reason. 409 where it is on hold already, with the hold in `current`."""
        return self.once(lambda: self._hold(wafer_id))

    def _hold(self, wafer_id: UUID) -> HttpResponse:
        selectors.one(selectors.wafers_visible_to(self.actor), wafer_id, what="wafer")
        values = self.body(HoldIn)
        return answer(_detail_of(services.hold_wafer(wafer_id=wafer_id, actor=self.actor, now=now(), **values), self))


class ReleaseView(ApiView):
    @extend_schema(request=WaferReleaseIn, responses=documented.WaferDetailOut)
    def post(self, request: Request, wafer_id: UUID) -> HttpResponse:
        """Take a wafer off hold, for a reason. 409 where it is not on the hold that was looked at."""
        return self.once(lambda: self._release(wafer_id))

    def _release(self, wafer_id: UUID) -> HttpResponse:
        selectors.one(selectors.wafers_visible_to(self.actor), wafer_id, what="wafer")
        values = self.body(WaferReleaseIn)
        return answer(
            _detail_of(services.release_wafer(wafer_id=wafer_id, actor=self.actor, now=now(), **values), self)
        )


def _detail_of(wafer: Wafer, view: ApiView) -> dict[str, Any]:
    return shown.wafer_detail_of(wafer, newest_run=selectors.newest_run_of(wafer.pk, actor=view.actor))


class WaferStandingView(ApiView):
    @extend_schema(parameters=[StandingQuery], responses=documented.WaferStandingOut)
    def get(self, request: Request, wafer_id: UUID) -> HttpResponse:
        """How one wafer stands at a layer: every image with its current findings, and who judged them."""
        layer = self.query(StandingQuery)["layer"]
        selectors.one(selectors.wafers_visible_to(self.actor), wafer_id, what="wafer")
        runs = selectors.runs_visible_to(self.actor).filter(wafer_id=wafer_id)
        newest = (runs.filter(layer__code=layer) if layer else runs).first()
        if newest is None:
            raise NotFound("This wafer has not been inspected at that layer." if layer else "It was never inspected.")
        current = selectors.current_of(newest)
        return answer(shown.standing_of(newest, current, classes=selectors.classes_by_id()))


class ImagesView(ApiView):
    LOOKUPS = {
        "wafer": "wafer_id",
        "lot": "wafer__lot__code",
        "layer": "layer__code",
        "tool": "tool__code",
        "external_id": "external_id",
    }

    @extend_schema(parameters=[ImagesQuery], responses=page_of(documented.ImageRowOut))
    def get(self, request: Request) -> HttpResponse:
        """Images, newest first."""
        query = self.query(ImagesQuery)
        rows = between(narrowed(selectors.images_visible_to(self.actor), query, self.LOOKUPS), query)
        return self.page(rows, query=query, show=shown.image_row_of)


class ImageView(ApiView):
    @extend_schema(responses=documented.ImageRowOut)
    def get(self, request: Request, image_id: UUID) -> HttpResponse:
        """One image and where its pictures are."""
        image = selectors.one(selectors.images_visible_to(self.actor), image_id, what="image")
        return answer(shown.image_row_of(image))


class RunsView(ApiView):
    LOOKUPS = {
        "wafer": "wafer_id",
        "job": "job_id",
        "lot": "wafer__lot__code",
        "product": "wafer__lot__product__code",
        "layer": "layer__code",
        "tool": "tool__code",
        "recipe": "recipe_version__recipe__code",
        "state": "state",
        "band": "band",
    }

    @extend_schema(parameters=[RunsQuery], responses=page_of(documented.RunOut))
    def get(self, request: Request) -> HttpResponse:
        """Runs, newest first, without their images; see `runs/{id}/`."""
        query = self.query(RunsQuery)
        rows = between(narrowed(selectors.runs_visible_to(self.actor), query, self.LOOKUPS), query)
        return self.page(rows, query=query, show=shown.run_of)


class RunView(ApiView):
    @extend_schema(responses=documented.RunOut)
    def get(self, request: Request, run_id: UUID) -> HttpResponse:
        """One run with its images; what it found is at `inference/results/{id}/`."""
        run = selectors.run_visible_to(self.actor, run_id)
        return answer(shown.run_of(run, images=selectors.images_of(run)))


class DetectionsView(ApiView):
    LOOKUPS = {
        "run": "run_id",
        "image": "image_id",
        "wafer": "wafer_id",
        "lot": "run__wafer__lot__code",
        "layer": "run__layer__code",
        "tool": "run__tool__code",
        "class_code": "defect_class__code",
        "severity": "severity",
        "band": "band",
        "min_confidence": "confidence__gte",
        "max_confidence": "confidence__lte",
    }

    @extend_schema(parameters=[DetectionsQuery], responses=page_of(documented.DetectionOut))
    def get(self, request: Request) -> HttpResponse:
        """Detections, newest first. Those of re-runs for comparison only where their run is named."""
        query = self.query(DetectionsQuery)
        rows = between(narrowed(selectors.detections_visible_to(self.actor), query, self.LOOKUPS), query)
        rows = rows if "run" in query else rows.filter(run__counts=True)
        classes = selectors.classes_by_id()
        return self.page(rows, query=query, show=lambda row: selectors.listed_detection_of(row, classes=classes))


class DetectionView(ApiView):
    @extend_schema(responses=documented.DetectionOut)
    def get(self, request: Request, detection_id: UUID) -> HttpResponse:
        """One detection."""
        found = selectors.one(selectors.detections_visible_to(self.actor), detection_id, what="detection")
        return answer(selectors.listed_detection_of(found, classes=selectors.classes_by_id()))


class ExplanationView(ApiView):
    @extend_schema(responses=documented.ExplanationOut)
    def get(self, request: Request, detection_id: UUID) -> HttpResponse:
        """Why the model saw this defect, as far as it is known."""
        detection = selectors.one(selectors.detections_visible_to(self.actor), detection_id, what="detection")
        return answer(selectors.explanation_of(detection.pk))

    @extend_schema(
        request=None,
        responses={
            200: OpenApiResponse(documented.ExplanationOut, description="It is known."),
            202: OpenApiResponse(
                documented.ExplanationOut, description="It is asked; look again, or wait for the event."
            ),
        },
    )
    def post(self, request: Request, detection_id: UUID) -> HttpResponse:
        """Ask why the model saw this defect: places around it are covered one by one, and it is judged again."""
        return self.once(lambda: self._ask(detection_id))

    def _ask(self, detection_id: UUID) -> HttpResponse:
        row = services.ask_explanation(detection_id=detection_id, actor=self.actor, now=now())
        return answer(selectors.described_explanation(row), status=200 if row.state == "done" else 202)


class WallView(ApiView):
    @extend_schema(parameters=[WallQuery], responses=documented.WallOut)
    def get(self, request: Request) -> HttpResponse:
        """The live wall as it is now: what a page asks for after every connect and every gap."""
        query = self.query(WallQuery)
        return answer({"at": now().isoformat(), "cards": selectors.wall_cards(self.actor, **query)})


class SystemView(ApiView):
    @extend_schema(responses=documented.SystemOut)
    def get(self, request: Request) -> HttpResponse:
        """Every component, the breaker, the queue and the versions."""
        return answer(services.system_state(now=now(), visible_to=self.actor))
