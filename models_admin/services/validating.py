"""Validation: a version measured by a golden set through the real server, beside the champion, and held to gates."""

import contextlib
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit import services as audit
from audit.actions import Action
from core import image_store
from core.actors import Actor
from core.decoding import decoder
from core.errors import Invalid
from core.ids import uuid7
from core.image_decoder import DecoderBusy, DecoderUnavailable, ImageRefused
from domain.datasets.records import ImageRecord, Split
from domain.evaluation.gates import Measured, check
from models_admin import deployment as triton
from models_admin import selectors
from models_admin.choices import UNDER_WAY, VersionStatus, WorkState
from models_admin.errors import (
    GoldenSetOver,
    LostWork,
    NoRoute,
    WorkFailed,
    WorkMustWait,
)
from models_admin.models import GoldenAnswers, GoldenSet, ModelVersion, ValidationReport, ValidationRun
from models_admin.services import lending, work
from models_admin.services.registration import set_version_status
from models_admin.services.requests import check_usable
from models_admin.services.work import Clock, Progress
from models_admin.validation import report
from models_admin.validation.figures import class_table, count, drops, paired, truth_of
from models_admin.validation.golden_images import NoManifest, image_bytes, read_golden_images, subject_sha256
from models_admin.validation.judging import Answer, Asking, judge_all, measure_speed, packed, unpacked
from models_admin.validation.reading import Reading
from serving.errors import ServingError

STORE_KIND, STORE_SUFFIX = "golden-answers", ".json.gz"
STALLS_AFTER_S = 120.0
# Enough for a percentile, few enough not to keep the server from wafers for long.
TIMED_IMAGES, TIMED_FILES, CLIENTS = 48, 12, (1, 4)


@transaction.atomic
def request_validation(
    *,
    model_name: str,
    version: str,
    golden_set: GoldenSet,
    reading: Mapping[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> tuple[ValidationRun, bool]:
    """Have a version measured by a golden set. The same that is under way already is given as it is.

    Args:
        golden_set: one that the actor may see.
        reading: what differs from how recipes begin; see `models_admin.validation.reading.Reading`.

    Returns:
        The validation, and whether it is new.

    Raises:
        UnknownVersion: there is no such version.
        VersionUnusable: it was rejected or archived.
        GoldenSetOver: the golden set is retired, or measures another model.
        Invalid: the reading is no preprocessing profile.
    """
    described = _described(reading or {})
    row = selectors.version_of(model_name=model_name, version=version)
    # Two at once are taken one after the other.
    row = ModelVersion.objects.select_for_update(no_key=True, of=("self",)).select_related("model").get(pk=row.pk)
    check_usable(row)
    golden_set = GoldenSet.objects.get(pk=golden_set.pk)
    if golden_set.retired_at is not None or golden_set.model_id != row.model_id:
        raise GoldenSetOver(f"{golden_set.name} measures no versions of {model_name} any more.")
    known = ValidationRun.objects.filter(
        version=row, golden_set=golden_set, reading=described, state__in=UNDER_WAY
    ).first()  # fmt: skip
    if known is not None:
        return known, False
    run = ValidationRun(id=uuid7(at=now), version=row, golden_set=golden_set, reading=described)
    after = {"model": model_name, "version": version, "golden_set": str(golden_set.pk)}
    work.ask_for(run, after=after, actor=actor, now=now)
    return run, True


def _described(reading: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return Reading.of(reading).as_dict()
    except ValueError as fault:
        raise Invalid.of({"reading": {"preprocessing": [str(fault)]}}) from fault


def cancel_validation(*, run: ValidationRun, actor: Actor, now: datetime) -> ValidationRun:
    """End a validation. Raises `IllegalTransition` where it is over."""
    return work.cancel(run, actor=actor, now=now)


def carry_out_validation(*, key: UUID, actor: Actor, clock: Clock) -> ValidationRun | None:
    """Measure as a worker does; see `work.carry_out`."""
    body = partial(_validate, actor=actor, clock=clock)
    return work.carry_out(ValidationRun, key=key, body=body, actor=actor, clock=clock, stalls_after_s=STALLS_AFTER_S)


def _validate(run: ValidationRun, progress: Progress, *, actor: Actor, clock: Clock) -> Mapping[str, Any]:
    if ValidationReport.objects.filter(pk=run.pk).exists():
        # Whoever wrote it died before saying so.
        return {}
    _wait_for_turn(run)
    bench = _Bench(run, progress, actor=actor, clock=clock)
    try:
        document = bench.document()
    except NoManifest as fault:
        raise WorkFailed("golden_set_unreadable", str(fault)) from fault
    except FileNotFoundError as fault:
        raise WorkFailed("image_missing", "The file of an image of this set is not in the store any more.") from fault
    except ImageRefused as fault:
        raise WorkFailed("image_refused", f"An image cannot be shown to the model: {fault.message}") from fault
    except (DecoderBusy, DecoderUnavailable) as fault:
        raise WorkMustWait("Images cannot be decoded just now.") from fault
    except ServingError as fault:
        if fault.outage:
            raise WorkMustWait(fault.plain) from fault
        raise WorkFailed(fault.code, f"{fault.plain} {fault.detail}") from fault
    _write(run, document, champion=bench.champion, actor=actor, now=clock())
    return {}


def _wait_for_turn(run: ValidationRun) -> None:
    """One at a time: two would disturb each other's times, and leave no worker for wafers.

    Raises:
        WorkMustWait: one that was asked for earlier is being measured.
    """
    if ValidationRun.objects.filter(state=WorkState.RUNNING, pk__lt=run.pk).exists():
        raise WorkMustWait("Another version is being measured; this one comes after it.")


@dataclass(frozen=True, eq=False)
class _Asked:
    """A version with what it found and how fast."""

    version: ModelVersion
    answers: list[Answer]
    speed: dict[str, Any]
    is_remembered: bool


class _Bench:
    """Everything of one validation, from the manifest to the document of its report."""

    def __init__(self, run: ValidationRun, progress: Progress, *, actor: Actor, clock: Clock) -> None:
        self._run, self._progress, self._actor, self._clock = run, progress, actor, clock
        self._golden = run.golden_set
        self._reading = Reading.of(run.reading)
        self._done = 0
        self.champion = _champion_beside(run.version)

    def document(self) -> dict[str, Any]:
        started_s = time.monotonic()
        images = read_golden_images(self._golden.sha256, splits=[Split(one) for one in self._golden.splits]).images
        rows = [self._run.version, *([self.champion] if self.champion else [])]
        self._total = len(rows) * (len(images) + len(CLIENTS) * TIMED_IMAGES)
        asked = self._ask(rows, images)
        gate_number, gates = selectors.gates_of(self._run.version.model)
        classes = class_table(images, *(selectors.spec_of(one.version).classes for one in asked))
        truth = truth_of(images, classes=classes)
        counted = [
            count(one.answers, truth, own_classes=selectors.spec_of(one.version).classes, classes=classes)
            for one in asked
        ]
        mine, theirs = counted[0], counted[1] if self.champion else None
        measured = Measured(
            images=len(images),
            accuracy=mine.accuracy,
            map50=mine.map50,
            ece=mine.ece,
            latency_p95_ms=asked[0].speed["sequential"]["p95_ms"],
            drops=drops(mine, theirs, classes=classes) if theirs else None,
        )
        return report.document(
            run=self._run,
            champion=self.champion,
            classes=classes,
            figures=[{**one.figures, "speed": each.speed} for one, each in zip(counted, asked, strict=True)],
            paired=paired(mine, theirs, classes=classes, images=images) if theirs else None,
            gates=(gate_number, gates, check(gates, measured)),
            reading=self._reading,
            measured={
                "at": self._clock().isoformat(),
                "seconds": round(time.monotonic() - started_s, 2),
                "champion_remembered": bool(theirs) and asked[1].is_remembered,
                "code_version": settings.CODE_VERSION,
                "machine": _machine(),
            },
        )

    def _ask(self, rows: Sequence[ModelVersion], images: Sequence[ImageRecord]) -> list[_Asked]:
        """Every version on Triton at once, so that both are timed on the same server in the same minutes."""
        holder = f"validation:{self._run.pk}"
        self._say(0, "Loading what is not loaded")
        with contextlib.ExitStack() as loans:
            askings = []
            for version in rows:
                name = loans.enter_context(lending.lent(version, holder=holder, actor=self._actor, clock=self._clock))
                detector = self._reading.detector(selectors.spec_of(version), triton_name=name)
                askings.append(Asking(detector, self._reading, triton.triton_client(), decoder()))
            found = [self._answers(version, images, asking) for version, asking in zip(rows, askings, strict=True)]
            files = [image_bytes(image) for image in _spread(images, TIMED_FILES)]
            speeds = [self._speed(version, files, asking) for version, asking in zip(rows, askings, strict=True)]
        return [
            _Asked(version, answers, speed, is_remembered)
            for version, (answers, is_remembered), speed in zip(rows, found, speeds, strict=True)
        ]

    def _answers(
        self, version: ModelVersion, images: Sequence[ImageRecord], asking: Asking
    ) -> tuple[list[Answer], bool]:
        subject = subject_sha256(self._golden.sha256, splits=self._golden.splits)
        known = GoldenAnswers.objects.filter(
            version=version, subject_sha256=subject, reading_sha256=self._reading.sha256
        ).first()  # fmt: skip
        if known is not None:
            with contextlib.suppress(FileNotFoundError):
                answers = unpacked(image_store.get(known.store_key))
                self._say(len(images), f"{version.version} is known on these images")
                return answers, True
        before = self._done
        answers = judge_all(images, asking, say=lambda done: self._say_at(before + done, f"{version.version} judges"))
        key = image_store.put(packed(answers), kind=STORE_KIND, suffix=STORE_SUFFIX)
        GoldenAnswers.objects.get_or_create(
            version=version,
            subject_sha256=subject,
            reading_sha256=self._reading.sha256,
            defaults={"store_key": key, "created_at": self._clock()},
        )
        return answers, False

    def _speed(self, version: ModelVersion, files: Sequence[bytes], asking: Asking) -> dict[str, Any]:
        spoken = {}
        for clients, name in zip(CLIENTS, ("sequential", "concurrent"), strict=True):
            self._say(0, f"{version.version} is timed, {name}")
            spoken[name] = measure_speed(files, asking, clients=clients, images=TIMED_IMAGES).as_dict()
            self._say(TIMED_IMAGES, "")
        return spoken

    def _say(self, more: int, doing: str) -> None:
        self._say_at(self._done + more, doing)

    def _say_at(self, done: int, doing: str) -> None:
        self._done = done
        self._progress.step(done, self._total, doing)


def _champion_beside(version: ModelVersion) -> ModelVersion | None:
    """Who judges wafers of every recipe without a route of its own, unless it is the version itself."""
    selectors.forget_routes()
    try:
        route = selectors.route_for(model_name=version.model.name)
    except NoRoute:
        return None
    if route.version_id == version.pk:
        return None
    return ModelVersion.objects.select_related("model").get(pk=route.version_id)


def _spread(images: Sequence[ImageRecord], most: int) -> list[ImageRecord]:
    """Some of the images, evenly over all of them."""
    step = max(1, len(images) // most)
    return list(images[::step][:most])


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores ({platform.machine()}), {settings.TRITON_INSTANCES} instances of each version"


@transaction.atomic
def _write(
    run: ValidationRun, document: dict[str, Any], *, champion: ModelVersion | None, actor: Actor, now: datetime
) -> None:
    """The report, and what it means for the version: a candidate that passes is validated."""
    held = ValidationRun.objects.select_for_update(no_key=True, of=("self",))
    if not held.filter(pk=run.pk, attempt=run.attempt, state=WorkState.RUNNING).exists():
        raise LostWork
    gates = document["gates"]
    row = ValidationReport.objects.create(
        run=run,
        version=run.version,
        champion=champion,
        has_passed=gates["has_passed"],
        gate_number=gates["number"],
        document=document,
        sha256=report.digest_of(document),
        created_at=now,
    )
    failed = [one["gate"] for one in gates["results"] if not one["has_passed"]]
    after = {"has_passed": row.has_passed, "gates": row.gate_number, "failed": failed, "sha256": row.sha256}
    audit.record(
        action=Action.VALIDATION_REPORTED, object_type="validation", object_id=run.pk, actor=actor, at=now, after=after
    )
    status = ModelVersion.objects.values_list("status", flat=True).get(pk=run.version_id)
    if row.has_passed and status == VersionStatus.CANDIDATE:
        set_version_status(
            model_name=run.version.model.name,
            version=run.version.version,
            status=VersionStatus.VALIDATED,
            actor=actor,
            now=now,
            reason=f"Validation {run.pk} passed gates {row.gate_number}.",
        )
