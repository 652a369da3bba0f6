"""Taking an image in: bytes to the store first, then the row. The same file for the same wafer and layer is one row."""

from datetime import datetime

from audit import services as audit
from audit.actions import Action
from core import image_store
from core.actors import Actor
from core.ids import uuid7
from core.image_decoder import IngestedImage
from inspection.errors import ExternalIdTaken
from inspection.models import InspectionImage, Tool, Wafer
from inspection.services.labels import file_label
from inspection.services.uploads import Context, Upload


def store_files(data: bytes, decoded: IngestedImage) -> tuple[str, str]:
    """Keep the original and its thumbnail. Done before any row names them; repeating it is harmless.

    Returns:
        Keys of the original and of the thumbnail.
    """
    suffix = f".{decoded.format}"
    original = image_store.put_digest(data, sha256=decoded.sha256, kind="original", suffix=suffix)
    thumbnail = image_store.put_digest(decoded.thumbnail_jpeg, sha256=decoded.sha256, kind="thumbnail", suffix=".jpg")
    return original, thumbnail


def image_row(
    decoded: IngestedImage,
    *,
    wafer: Wafer,
    context: Context,
    upload: Upload,
    file_name: str,
    size_bytes: int,
    actor: Actor,
    now: datetime,
) -> InspectionImage:
    """The row of an image, not yet saved. Its keys follow from its digest."""
    return InspectionImage(
        id=uuid7(at=now),
        site_id=context.site.pk,
        wafer=wafer,
        layer=context.layer,
        tool=context.tool,
        sha256=decoded.sha256,
        pixel_sha256=decoded.pixel_sha256,
        bytes=size_bytes,
        width_px=decoded.width_px,
        height_px=decoded.height_px,
        bit_depth=decoded.bit_depth,
        channels=decoded.channels,
        format=decoded.format,
        file_name=file_label(file_name),
        store_key=image_store.key_for(decoded.sha256, kind="original", suffix=f".{decoded.format}"),
        thumbnail_key=image_store.key_for(decoded.sha256, kind="thumbnail", suffix=".jpg"),
        origin_x_um=upload.origin_x_um,
        origin_y_um=upload.origin_y_um,
        pixel_um=upload.pixel_um or context.recipe_version.pixel_um,
        quality=decoded.quality,
        notes=list(decoded.notes),
        external_id=upload.external_id,
        received_at=now,
        received_from=actor.username,
    )


def known_image(*, wafer: Wafer, layer_id: int, sha256: str) -> InspectionImage | None:
    """The image of these bytes, if this wafer and layer have it already."""
    image = InspectionImage.objects.filter(wafer=wafer, layer_id=layer_id, sha256=sha256).first()
    if image is not None:
        image.wafer = wafer
    return image


def check_external_id(upload: Upload, *, site_id: int, sha256: str) -> None:
    """
    Raises:
        ExternalIdTaken: the id names an image of other bytes.
    """
    if upload.external_id is None:
        return
    taken = (
        InspectionImage.objects.filter(site_id=site_id, external_id=upload.external_id).exclude(sha256=sha256).first()
    )
    if taken is not None:
        raise ExternalIdTaken(
            f"external_id {upload.external_id!r} names another image. Nothing was stored.", image=str(taken.pk)
        )


def save_image(image: InspectionImage, *, actor: Actor, now: datetime) -> None:
    """Insert the row and record it, in the running transaction.

    Raises:
        django.db.IntegrityError: somebody was faster.
    """
    image.save(force_insert=True)
    audit.record(
        action=Action.IMAGE_INGESTED,
        object_type="image",
        object_id=image.pk,
        actor=actor,
        at=now,
        after={
            "sha256": image.sha256,
            "pixel_sha256": image.pixel_sha256,
            "wafer": image.wafer_id,
            "bytes": image.bytes,
            "format": image.format,
            "external_id": image.external_id,
        },
    )


def note_tool_is_alive(tool: Tool | None, *, now: datetime) -> None:
    """Remember when a tool last sent an image; once a second at most, so that uploads do not queue for its row."""
    if tool is None or (tool.last_image_at is not None and (now - tool.last_image_at).total_seconds() < 1):
        return
    tool.last_image_at = now
    Tool.objects.filter(pk=tool.pk).update(last_image_at=now)
