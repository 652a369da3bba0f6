"""Taking an image in: bytes to the store first, then the row. The same file for the same wafer and layer is one row."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from audit import services as audit
from audit.actions import Action
from core import image_store
from core.actors import Actor
from core.errors import WaferdeckError
from core.ids import uuid7
from core.image_decoder import IngestedImage
from core.rows import insert_row, pipelined
from inspection.errors import ExternalIdTaken
from inspection.models import InspectionImage, Lot, Tool, Wafer
from inspection.services.labels import file_label
from inspection.services.uploads import Context, Upload

_KNOWN = """
SELECT wafer.id, wafer.slot, image.id, wafer.hold_number, wafer.held_at, wafer.held_by, wafer.hold_reason FROM wafer
LEFT JOIN inspection_image image ON image.wafer_id = wafer.id AND image.layer_id = %s AND image.sha256 = %s
WHERE wafer.lot_id = %s AND wafer.code = %s
"""
# The update changes nothing; it makes the other's row come back once that is committed.
_SAVE_WAFER = """
INSERT INTO wafer (id, site_id, lot_id, code, slot, created_at) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (lot_id, code) DO UPDATE SET code = EXCLUDED.code RETURNING id, xmax = 0
"""


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


@dataclass(frozen=True)
class Known:
    """What the database has of an image about to come in.

    Attributes:
        wafer: its wafer, with `lot` loaded; unsaved when the lot has none of that code.
        image_id: the image of the same bytes for the same wafer and layer.
    """

    wafer: Wafer
    image_id: UUID | None


def look_up(*, lot: Lot, code: str, slot: int | None, layer_id: int, sha256: str, now: datetime) -> Known:
    """Wafer and image in one query, since every image asks."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [layer_id, sha256, lot.pk, code])
        found = cursor.fetchone()
    wafer_id, known_slot, image_id, *hold = found or (uuid7(at=now), slot, None)
    wafer = Wafer(id=wafer_id, site_id=lot.site_id, lot=lot, code=code, slot=known_slot, created_at=now)
    if hold:
        wafer.hold_number, wafer.held_at, wafer.held_by, wafer.hold_reason = hold
    wafer._state.adding = found is None
    return Known(wafer=wafer, image_id=image_id)


def save_wafer(wafer: Wafer, *, actor: Actor, now: datetime) -> bool:
    """Insert a wafer that is new; if somebody else made it meanwhile, take that one's key.

    Returns:
        Whether this made it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SAVE_WAFER, [wafer.pk, wafer.site_id, wafer.lot_id, wafer.code, wafer.slot, wafer.created_at])
        wafer.pk, is_new = cursor.fetchone()
    wafer._state.adding = False
    if is_new:
        audit.record(
            action=Action.WAFER_CREATED,
            object_type="wafer",
            object_id=wafer.pk,
            actor=actor,
            at=now,
            after={"lot": wafer.lot.code, "code": wafer.code, "slot": wafer.slot},
        )
    return bool(is_new)


def image_named(external_id: str | None, *, site_id: int, sha256: str) -> Known | None:
    """The image an external id names already: the same bytes again are that image, wherever they are said to belong.

    Raises:
        ExternalIdTaken: the id names an image of other bytes.
    """
    if external_id is None:
        return None
    named = InspectionImage.objects.filter(site_id=site_id, external_id=external_id)
    image = named.select_related("wafer__lot__product").first()
    if image is None:
        return None
    if image.sha256 != sha256:
        raise ExternalIdTaken(
            f"external_id {external_id!r} names another image. Nothing was stored.", image=str(image.pk)
        )
    return Known(wafer=image.wafer, image_id=image.pk)


def record_refusal(refusal: WaferdeckError, *, data: bytes, file_name: str, actor: Actor, now: datetime) -> None:
    """Leave in the trail that a file was turned away, and why; nothing else is kept of it."""
    audit.record(
        action=Action.IMAGE_REFUSED,
        object_type="file",
        object_id=hashlib.sha256(data).hexdigest(),
        actor=actor,
        at=now,
        after={
            "file_name": file_label(file_name),
            "bytes": len(data),
            "code": refusal.extra.get("reason", refusal.code),
        },
    )


def save_image(image: InspectionImage, *, actor: Actor, now: datetime) -> None:
    """Insert the row and record it, in the running transaction.

    Raises:
        django.db.IntegrityError: somebody was faster.
    """
    with pipelined():
        insert_row(image)
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
