"""Help with drawing: the region that a scribble means."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from annotations import services
from annotations.serializers.documented import RegionOut
from annotations.serializers.inputs import RegionIn
from inspection import selectors as inspection


class RegionView(ApiView):
    @extend_schema(request=RegionIn, responses=RegionOut)
    def post(self, request: Request, image_id: UUID) -> HttpResponse:
        """Find the region that a scribble or a tap means. Nothing is stored: it is a proposal to draw with."""
        # Whose image it is comes first: what is wrong with a word about somebody else's is nobody's business.
        image = inspection.one(inspection.images_visible_to(self.actor), image_id, what="image")
        values = self.body(RegionIn)
        return answer(
            services.find_region(
                image=image,
                scribble_px=[(x, y) for x, y in values["scribble_px"]],
                how=services.How(values["how"]),
                tolerance=values["tolerance"],
            )
        )
