"""INT8 and FP16 forms of a version: made by a program, measured beside their parent, examined as any file."""

import hashlib
import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from core import image_store
from core.actors import Actor
from core.decoding import decoder
from core.errors import Invalid
from core.ids import uuid7
from core.image_decoder import DecoderBusy, DecoderUnavailable, ImageRefused
from domain.datasets.records import Split
from domain.imaging.tiling import cut_tiles, plan_tiles
from models_admin import selectors
from models_admin.choices import UNDER_WAY, Precision
from models_admin.errors import VersionTaken, WorkFailed, WorkMustWait
from models_admin.intake.artefact import Artefact, spec_of
from models_admin.intake.process import examine
from models_admin.models import ModelVersion, VariantRun
from models_admin.services import work
from models_admin.services.registration import register_examined
from models_admin.services.requests import check_usable
from models_admin.services.training import next_version, site_of_dataset
from models_admin.trainer.process import Trainer, how_it_ended
from models_admin.validation.golden_images import NoManifest, image_bytes, read_golden_images
from models_admin.validation.reading import OVERLAP_PX, Reading
from serving.repository import MODEL_FILE

MOST_IMAGES, MOST_TILES = 64, 96
TICK_S = 0.5
STALLS_AFTER_S = 120.0
# Of a description these say what was measured or made, which is of the parent.
_OF_THE_PARENT = ("metrics", "training")


@transaction.atomic
def request_variant(
    *,
    model_name: str,
    version: str,
    precision: Precision,
    dataset_sha256: str,
    number: str = "",
    actor: Actor,
    now: datetime,
) -> tuple[VariantRun, bool]:
    """Ask for another form of a version. The same that is under way already is given as it is.

    Args:
        dataset_sha256: digest of a frozen data set at one of the actor's sites; its images set the ranges of INT8, and
            both forms are tried on others of them.
        number: of the new version; empty: the next one that is free.

    Returns:
        What was asked for, and whether it is new.

    Raises:
        UnknownVersion: there is no such version.
        VersionUnusable: it was rejected or archived.
        Invalid: it has that precision, is none that forms are made of, or there is no such data set.
        VersionTaken: the number is used.
    """
    row = selectors.version_of(model_name=model_name, version=version)
    row = ModelVersion.objects.select_for_update(no_key=True, of=("self",)).select_related("model").get(pk=row.pk)
    check_usable(row)
    if row.precision != Precision.FP32:
        said = f"{version} has {row.precision.upper()} already; forms are made of FP32 versions."
        raise Invalid.of({"version": [said]})
    site_of_dataset(dataset_sha256, actor=actor)
    known = row.variant_runs.filter(precision=precision, dataset_sha256=dataset_sha256, state__in=UNDER_WAY).first()
    if known is not None:
        return known, False
    wanted = number or next_version(model_name)
    being_made = VariantRun.objects.filter(parent__model=row.model, version=wanted, state__in=UNDER_WAY)
    if being_made.exists() or selectors.versions().filter(model=row.model, version=wanted).exists():
        raise VersionTaken(f"{wanted} is used already. Take another number.")
    run = VariantRun(id=uuid7(at=now), parent=row, precision=precision, version=wanted, dataset_sha256=dataset_sha256)
    after = {"model": model_name, "parent": version, "version": wanted, "precision": precision.value}
    work.ask_for(run, after={**after, "dataset": dataset_sha256}, actor=actor, now=now)
    return run, True


def cancel_variant(*, run: VariantRun, actor: Actor, now: datetime) -> VariantRun:
    """Ask for an end of it. Raises `IllegalTransition` where it is over."""
    return work.cancel(run, actor=actor, now=now)


def carry_out_variant(*, key: UUID, actor: Actor, clock: work.Clock) -> VariantRun | None:
    """Make one form as a worker does; see `work.carry_out`."""
    return work.carry_out(
        VariantRun,
        key=key,
        body=lambda run, progress: _made(run, progress, actor=actor, clock=clock),
        actor=actor,
        clock=clock,
        stalls_after_s=STALLS_AFTER_S,
    )


def _made(run: VariantRun, progress: work.Progress, *, actor: Actor, clock: work.Clock) -> dict[str, Any]:
    parent = run.parent
    spec = selectors.spec_of(parent)
    try:
        tiles = _tiles(run.dataset_sha256, side_px=spec.shape.tile_px, progress=progress)
    except (DecoderBusy, DecoderUnavailable) as fault:
        raise WorkMustWait("Images cannot be decoded just now.") from fault
    with tempfile.TemporaryDirectory(prefix="variant-") as name:
        folder = Path(name)
        (folder / "parent.onnx").write_bytes(image_store.get(parent.artefact_key))
        np.save(folder / "tiles.npy", tiles)
        measured = _quantised(run, folder, progress)
        content = (folder / MODEL_FILE).read_bytes()
    progress.step(3, 4, "Examining the new file")
    examined = examine(content, shape=spec.shape)
    if examined.refusals:
        first = examined.refusals[0]
        raise WorkFailed("version_refused", f"The new file was refused at intake. {first.where}: {first.detail}")
    described = _described(run, content, measured)
    artefact = Artefact(spec=spec_of(described), content=content, card=_card(run, described, measured))
    try:
        made = register_examined(artefact, examined, actor=actor, now=clock())
    except VersionTaken as fault:
        raise WorkFailed(fault.code, fault.detail) from fault
    return {"made": made, "steps_done": 4, "steps_total": 4}


def _tiles(dataset_sha256: str, *, side_px: int, progress: work.Progress) -> Any:
    """(n, 1, side, side) uint8 tiles of images that were learned from, evenly over the data set."""
    progress.step(0, 4, "Reading images of the data set")
    try:
        images = read_golden_images(dataset_sha256, splits=[Split.TRAIN]).images
        images = images or read_golden_images(dataset_sha256, splits=list(Split)).images
    except NoManifest as fault:
        raise WorkFailed("dataset_unreadable", str(fault)) from fault
    if not images:
        raise WorkFailed("no_images", "No image of this data set is complete.")
    some = [images[at] for at in np.linspace(0, len(images) - 1, min(MOST_IMAGES, len(images))).astype(int)]
    profile, cut = dict(Reading().preprocessing), []
    for image in some:
        progress.check()
        try:
            grey = decoder().ingest(image_bytes(image), profile=profile).grey
        except FileNotFoundError as fault:
            raise WorkFailed("image_missing", "The file of an image is not in the store any more.") from fault
        except ImageRefused as fault:
            raise WorkFailed("image_refused", f"An image cannot be read: {fault.message}") from fault
        height, width = grey.shape
        places = plan_tiles(width, height, tile_px=side_px, overlap_px=min(OVERLAP_PX, side_px - 1))
        cut.append(cut_tiles(grey, places, tile_px=side_px))
    tiles = np.concatenate(cut)
    return tiles[np.linspace(0, len(tiles) - 1, min(MOST_TILES, len(tiles))).astype(int)]


def _quantised(run: VariantRun, folder: Path, progress: work.Progress) -> dict[str, Any]:
    """Run the program that writes the file; what it says of both."""
    progress.step(1, 4, f"Making {run.precision.upper()}")
    spec = selectors.spec_of(run.parent)
    thresholds = json.dumps([spec.thresholds[code] for code in spec.classes])
    options = {"--source": folder / "parent.onnx", "--out": folder / MODEL_FILE, "--tiles": folder / "tiles.npy"}
    arguments = ["-m", "training.quantise", *(str(part) for pair in options.items() for part in pair)]
    arguments += ["--precision", run.precision, "--thresholds", thresholds]
    last = ""
    with Trainer(arguments, folder=folder, threads=1) as program:
        for line in program.lines(tick_s=TICK_S):
            last = line or last
            progress.check()
        status = program.wait()
    if status != 0 or not (folder / MODEL_FILE).exists():
        raise WorkFailed("not_made", f"The file could not be made: {how_it_ended(status)}. {last[-300:]}".strip())
    measured: dict[str, Any] = json.loads(last)
    return measured


def _described(run: VariantRun, content: bytes, measured: dict[str, Any]) -> dict[str, Any]:
    parent = run.parent.metadata
    kept = {name: value for name, value in parent.items() if name not in _OF_THE_PARENT}
    return {
        **kept,
        "version": run.version,
        "precision": run.precision,
        "parent": run.parent.version,
        "sha256": hashlib.sha256(content).hexdigest(),
        "metrics": {"beside_parent": measured},
        "training": {"dataset": run.dataset_sha256, "variant_of": run.parent.sha256, "run": str(run.pk)},
    }


def _card(run: VariantRun, described: dict[str, Any], measured: dict[str, Any]) -> str:
    speed, found = measured["cpu_ms"], measured["findings"]
    share = measured["variant_bytes"] / max(1, measured["parent_bytes"])
    return f"""# {run.parent.model.name} {run.version} ({run.precision})

Version {run.parent.version} at another precision; it learned nothing new. Thresholds and calibration are those of
{run.parent.version} and were not fitted again: validate it before it judges.

- File: SHA-256 `{described["sha256"]}`, {share:.0%} of the size of its parent.
- Ranges from images of the data set `{run.dataset_sha256}`.

## Beside {run.parent.version}

| | {run.parent.version} | {run.version} |
| --- | --- | --- |
| CPU a tile, one thread | {speed["parent"]:.1f} ms | {speed["variant"]:.1f} ms |
| findings on {measured["tiles"]} tiles that set no ranges | {found} | {measured["kept"] + measured["added"]} |
| the same in both (class, overlap of 0.5) | {measured["kept"]} of {found} | |
| more than its parent | | {measured["added"]} |
"""
