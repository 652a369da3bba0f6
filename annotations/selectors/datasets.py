"""Data sets as people see them."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from annotations.choices import BuildState
from annotations.models import DatasetExport, DatasetSnapshot
from core.actors import Actor
from domain.datasets.formats.says import losses
from inspection import selectors as inspection


def datasets_visible_to(actor: Actor) -> QuerySet[DatasetSnapshot]:
    """Data sets of the actor's sites, with what lists show. Their exports are read with one query more."""
    snapshots = DatasetSnapshot.objects.select_related("site").prefetch_related("exports")
    return (snapshots if actor.is_system else snapshots.filter(site_id__in=actor.site_ids)).order_by("-id")


def dataset_visible_to(actor: Actor, key: UUID) -> DatasetSnapshot:
    """
    Raises:
        NotFound: there is none among those visible; a foreign one looks the same as a made-up one.
    """
    snapshot: DatasetSnapshot = inspection.one(datasets_visible_to(actor), key, what="data set")
    return snapshot


def dataset_of(snapshot: DatasetSnapshot) -> dict[str, Any]:
    """A data set as JSON; its site and exports must be loaded."""
    counts = snapshot.statistics
    is_ready = snapshot.state == BuildState.READY
    return {
        "id": str(snapshot.pk),
        "site": snapshot.site.code,
        "code": snapshot.code,
        "name": snapshot.name,
        "state": snapshot.state,
        "progress": progress_of(snapshot),
        "selection": snapshot.selection,
        "seed": snapshot.seed,
        "shares": snapshot.shares,
        "images": counts.get("images", {}) if is_ready else {},
        "objects": counts.get("objects", {}) if is_ready else {},
        "duplicates": counts.get("duplicates", 0) if is_ready else 0,
        "sha256": snapshot.manifest_sha256 or None,
        "bytes": snapshot.manifest_bytes,
        "exports": [export_of(one) for one in sorted(snapshot.exports.all(), key=lambda one: one.pk)],
        "error": error_of(snapshot),
        "created_by": snapshot.created_by,
        "created_at": snapshot.created_at.isoformat(),
        "finished_at": snapshot.finished_at.isoformat() if snapshot.finished_at else None,
    }


def export_of(export: DatasetExport) -> dict[str, Any]:
    return {
        "format": export.format,
        "images": export.with_images,
        "state": export.state,
        "progress": progress_of(export),
        "sha256": export.sha256 or None,
        "bytes": export.bytes,
        "losses": [asdict(loss) for loss in losses(export.format, export.snapshot.statistics.get("shapes", {}))],
        "error": error_of(export),
    }


def progress_of(row: DatasetSnapshot | DatasetExport) -> dict[str, Any]:
    """How far something is that workers make: images done, of how many; 0 while nobody knows."""
    return {"done": row.done, "total": row.total, "share": round(row.done / row.total, 4) if row.total else 0.0}


def error_of(row: DatasetSnapshot | DatasetExport) -> dict[str, str] | None:
    return {"code": row.error_code, "detail": row.error_detail} if row.error_code else None
