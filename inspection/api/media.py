"""Pictures. What people see is drawn anew from the pixels; what was sent leaves as an attachment that nothing opens."""

from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags, quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView
from core.errors import NotFound
from core.views import FirstRenderer
from domain.imaging.pyramid import dzi_xml
from inspection import selectors, services
from inspection.models import InspectionImage
from inspection.serializers.inputs import ViewQuery

# The suffixes of each format, the usual one first.
SUFFIXES = {
    "png": (".png",),
    "jpeg": (".jpg", ".jpeg"),
    "webp": (".webp",),
    "bmp": (".bmp",),
    "tiff": (".tif", ".tiff"),
}
# An image never changes: its picture at an address is the same for ever, for whoever may see it.
FOR_EVER = "private, max-age=31536000, immutable"
JPEG = OpenApiResponse(OpenApiTypes.BINARY, description="A picture without metadata.")
UNCHANGED = OpenApiResponse(description="The caller has it already.")


class PictureView(ApiView):
    content_negotiation_class = FirstRenderer

    def image(self, image_id: UUID) -> InspectionImage:
        """The image, if the caller may see it.

        Raises:
            NotFound: there is none, or it belongs to another site.
        """
        found: InspectionImage = selectors.one(selectors.images_visible_to(self.actor), image_id, what="image")
        return found

    def picture(self, draw: Any, *, tag: str, media_type: str = "image/jpeg") -> HttpResponse:
        """What `draw` makes, unless the caller has it already."""
        etag = quote_etag(tag)
        known = parse_etags(self.request.headers.get("If-None-Match", ""))
        response: HttpResponse
        if etag in known or "*" in known:
            response = HttpResponseNotModified()
        else:
            response = HttpResponse(draw(), content_type=media_type)
        response["ETag"] = etag
        response["Cache-Control"] = FOR_EVER
        return response


class ImageThumbnailView(PictureView):
    @extend_schema(responses={(200, "image/jpeg"): JPEG, 304: UNCHANGED})
    def get(self, request: Request, image_id: UUID) -> HttpResponse:
        """The image in small, as on the live wall."""
        image = self.image(image_id)
        return self.picture(lambda: services.thumbnail_of(image), tag=f"{image.sha256}-t")


class ImageViewView(PictureView):
    @extend_schema(parameters=[ViewQuery], responses={(200, "image/jpeg"): JPEG, 304: UNCHANGED})
    def get(self, request: Request, image_id: UUID) -> HttpResponse:
        """The whole image for the screen."""
        side_px = self.query(ViewQuery)["side"]
        image = self.image(image_id)
        return self.picture(lambda: services.view_of(image, max_side_px=side_px), tag=f"{image.sha256}-v{side_px}")


class ImageDziView(PictureView):
    @extend_schema(responses={(200, "application/xml"): OpenApiTypes.STR, 304: UNCHANGED})
    def get(self, request: Request, image_id: UUID) -> HttpResponse:
        """What a deep-zoom viewer asks for first."""
        image = self.image(image_id)
        return self.picture(
            lambda: dzi_xml(image.width_px, image.height_px).encode(),
            tag=f"{image.sha256}-d",
            media_type="application/xml",
        )


class ImageTileView(PictureView):
    @extend_schema(responses={(200, "image/jpeg"): JPEG, 304: UNCHANGED})
    def get(self, request: Request, image_id: UUID, level: int, col: int, row: int) -> HttpResponse:
        """One tile of the image."""
        image = self.image(image_id)
        return self.picture(
            lambda: services.tile_of(image, level=level, col=col, row=row), tag=f"{image.sha256}-{level}-{col}-{row}"
        )


class ImageFileView(PictureView):
    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, image_id: UUID) -> FileResponse:
        """The file as it was sent. It is meant to be kept, not to be opened by a browser."""
        image = self.image(image_id)
        try:
            file = default_storage.open(image.store_key, "rb")
        except FileNotFoundError as fault:
            raise NotFound("The file of this image is missing from the store.", image=str(image.pk)) from fault
        return FileResponse(
            file,
            as_attachment=True,
            filename=download_name(image.file_name, format=image.format, sha256=image.sha256),
            content_type="application/octet-stream",
            headers={
                "Content-Length": str(image.bytes),
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "Cache-Control": "private, no-store",
            },
        )


def download_name(file_name: str, *, format: str, sha256: str) -> str:
    """The name an original leaves under: the sender's, with the suffix of what it is, so that nothing else opens it.

    A name without anything to keep is the image's digest.
    """
    name = PurePosixPath("".join(character for character in file_name if character.isprintable()))
    suffix = name.suffix if name.suffix.lower() in SUFFIXES[format] else SUFFIXES[format][0]
    return f"{name.stem.strip('. ') or sha256[:12]}{suffix}"
