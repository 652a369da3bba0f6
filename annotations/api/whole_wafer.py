"""A whole wafer under review. What is said of it goes through the journal of edits, as `bulk`."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from annotations import selectors
from annotations.serializers.whole_wafer import WaferItemsOut, WaferItemsQuery
from inspection import selectors as inspection


class WaferItemsView(ApiView):
    @extend_schema(parameters=[WaferItemsQuery], responses=WaferItemsOut)
    def get(self, request: Request, wafer_id: UUID) -> HttpResponse:
        """Up to 2,000 findings of a wafer at a layer, of each image the newest run's, with what became of each."""
        wafer = inspection.one(inspection.wafers_visible_to(self.actor), wafer_id, what="wafer")
        layer = self.query(WaferItemsQuery).get("layer")
        return answer(selectors.items_of_wafer(wafer, layer=layer, actor=self.actor))
