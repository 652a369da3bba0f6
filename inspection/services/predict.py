"""One image in, its stored findings out, while the caller waits."""

import contextlib
import time
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from core.clock import now as clock_now
from core.errors import Overloaded
from core.idempotency import Attempt
from core.image_decoder import IngestedImage
from inspection.choices import UNDER_WAY, RunState
from inspection.errors import TooLarge, UnusableImage
from inspection.models import Detection, InspectionImage, InspectionRun, Wafer
from inspection.selectors.access import CARD_RELATIONS
from inspection.services import inference, ingest, runs
from inspection.services.decoder import decode_for_inspection
from inspection.services.findings import JudgedImage
from inspection.services.ingest import Known
from inspection.services.uploads import Context, Upload, lot_of, resolve, wafer_code
from models_admin.errors import NoRoute
from serving.errors import ServingError, TritonOverloaded


@dataclass(frozen=True)
class Fresh:
    """What a run has just covered and found."""

    image: InspectionImage
    detections: list[Detection]


@dataclass(frozen=True)
class PredictOutcome:
    """The run that answers, and how it came about.

    Attributes:
        repeated: this file was inspected before, by the same recipe and model; nothing new was stored.
        waiting: the model is away; the run is stored and finishes by itself.
        fresh: image and findings of a run judged just now, so that nobody has to read them back.
    """

    run: InspectionRun
    repeated: bool = False
    waiting: bool = False
    fresh: Fresh | None = None


@dataclass(frozen=True)
class Taken:
    """An image that is decoded, stored and placed, but whose row may not be written yet."""

    decoded: IngestedImage
    image: InspectionImage
    is_known: bool
    wafer: Wafer
    context: Context
    upload: Upload
    actor: Actor

    @property
    def tool_code(self) -> str:
        return self.image.tool.code if self.image.tool else ""


def predict_image(
    *, data: bytes, file_name: str, upload: Upload, actor: Actor, now: datetime, attempt: Attempt | None = None
) -> PredictOutcome:
    """Inspect an image at once.

    The original is stored first; image, run, findings, trail and event are one transaction after the answer.
    Where the model is away the image and a waiting run are stored instead.

    Args:
        attempt: of the request; it notes the run that is made.

    Raises:
        UnusableImage, TooLarge: the file is refused; nothing was stored.
        Invalid, UnknownRecipe, UnknownSite, ExternalIdTaken: something the upload names cannot be used.
        Overloaded, Unavailable: no place right now; nothing was stored, trying again is right.
    """
    started_s = time.perf_counter()
    attempt = attempt or Attempt()
    taken = take_image(data=data, file_name=file_name, upload=upload, actor=actor, now=now)
    if taken.is_known and upload.use_cache:
        earlier = _answered_before(taken)
        if earlier is not None:
            return _answer_again(earlier, image_id=taken.image.pk, actor=actor, now=now)
    run = runs.new_run(
        wafer=taken.wafer, context=taken.context, job=None, priority=0, use_cache=upload.use_cache, actor=actor, now=now
    )
    try:
        answer = inference.judge_image(
            taken.decoded,
            image=taken.image,
            product=taken.wafer.lot.product,
            recipe_version=taken.context.recipe_version,
            use_cache=upload.use_cache,
            tool_code=taken.tool_code,
            requested_id=taken.context.requested_version_id,
        )
    except TritonOverloaded as fault:
        raise Overloaded(
            "The model has more images than it can take. Send this one again shortly.", retry_after_s=2
        ) from fault
    except (ServingError, NoRoute) as fault:
        reason = inference.words_for_people(fault)
        return _stored_for_later(run, taken, reason=reason, now=now, attempt=attempt)
    timings_ms = {**taken.decoded.timings_ms, **answer.judgement.timings_ms}
    timings_ms["total"] = round((time.perf_counter() - started_s) * 1000, 3)
    judged = [JudgedImage(ordinal=0, image=taken.image, judgement=answer.judgement)]
    try:
        with transaction.atomic():
            is_new_wafer = save_taken(taken, run=run, now=now)
            found = runs.finish_run(
                run,
                judged=judged,
                judge=answer.judge,
                timings_ms=timings_ms,
                is_cached=answer.is_cached,
                is_degraded=answer.is_degraded,
                actor=actor,
                now=clock_now(),
                is_new=True,
                is_alone=is_new_wafer,
            )
            attempt.note(run.pk)
    except IntegrityError:
        return _lost_the_race(taken)
    return PredictOutcome(run=run, fresh=Fresh(image=taken.image, detections=found))


def take_image(*, data: bytes, file_name: str, upload: Upload, actor: Actor, now: datetime) -> Taken:
    """Decode and store the bytes, and find or make what the upload names. The image's row is not written yet."""
    context = resolve(upload, actor=actor, now=now)
    try:
        decoded = decode_for_inspection(data, profile=context.recipe_version.preprocessing)
    except (UnusableImage, TooLarge) as refusal:
        ingest.record_refusal(refusal, data=data, file_name=file_name, actor=actor, now=now)
        raise
    known = ingest.image_named(upload.external_id, site_id=context.site.pk, sha256=decoded.sha256)
    ingest.store_files(data, decoded)
    known = known or _look_up(upload, context=context, sha256=decoded.sha256, actor=actor, now=now)
    image = _known_image(known)
    if image is not None:
        # An external id may know it from another layer than is said now; its runs stand with those of that layer.
        context = replace(context, layer=image.layer)
    image = image or ingest.image_row(
        decoded,
        wafer=known.wafer,
        context=context,
        upload=upload,
        file_name=file_name,
        size_bytes=len(data),
        actor=actor,
        now=now,
    )
    return Taken(
        decoded=decoded,
        image=image,
        is_known=known.image_id is not None,
        wafer=known.wafer,
        context=context,
        upload=upload,
        actor=actor,
    )


def save_taken(taken: Taken, *, run: InspectionRun, now: datetime) -> bool:
    """Write a taken image's row, and its wafer's, in the running transaction, unless they are known already.

    Args:
        run: over this image; it gets the key the wafer has in the end.

    Returns:
        Whether the wafer was made here, so that nothing else can be known of it.

    Raises:
        django.db.IntegrityError: the same image was written meanwhile.
    """
    is_new_wafer = False
    if taken.wafer._state.adding:
        is_new_wafer = ingest.save_wafer(taken.wafer, actor=taken.actor, now=now)
        taken.image.wafer = run.wafer = taken.wafer
    if not taken.is_known:
        ingest.save_image(taken.image, actor=taken.actor, now=now)
    ingest.note_tool_is_alive(taken.context.tool, now=now)
    return is_new_wafer


def _known_image(known: Known) -> InspectionImage | None:
    """The image's row, where there is one."""
    if known.image_id is None:
        return None
    image = InspectionImage.objects.select_related("layer", "tool").get(pk=known.image_id)
    image.wafer = known.wafer
    return image


def _look_up(upload: Upload, *, context: Context, sha256: str, actor: Actor, now: datetime) -> Known:
    return ingest.look_up(
        lot=lot_of(upload, context=context, actor=actor, now=now),
        code=wafer_code(upload, sha256=sha256),
        slot=upload.slot,
        layer_id=context.layer.pk,
        sha256=sha256,
        now=now,
    )


def _answered_before(taken: Taken) -> InspectionRun | None:
    """The newest run that judged, or is about to judge, this image by the same recipe and model."""
    context = taken.context
    is_ahead = Q(state__in=UNDER_WAY, requested_version_id=context.requested_version_id)
    is_over = Q(state=RunState.DONE)
    with contextlib.suppress(NoRoute):
        route = inference.route_of(
            context.recipe_version,
            requested_id=context.requested_version_id,
            tool_code=taken.tool_code,
            product_code=taken.wafer.lot.product.code,
        )
        is_over &= Q(model_version_id=route.version_id)
    return (
        InspectionRun.objects.filter(
            is_ahead | is_over,
            run_images__image=taken.image,
            recipe_version=context.recipe_version,
            counts=True,
        )
        .select_related(*CARD_RELATIONS)
        .order_by("-id")
        .first()
    )


def _stored_for_later(
    run: InspectionRun, taken: Taken, *, reason: str, now: datetime, attempt: Attempt
) -> PredictOutcome:
    try:
        with transaction.atomic():
            save_taken(taken, run=run, now=now)
            runs.queue_run(run, images=[taken.image], waiting_for=reason, actor=taken.actor, now=now)
            attempt.note(run.pk)
    except IntegrityError:
        return _lost_the_race(taken)
    return PredictOutcome(run=run, waiting=True)


def _lost_the_race(taken: Taken) -> PredictOutcome:
    """The same file came twice at once and the other was faster: its run is the answer, if it was asked the same."""
    sha256, received_at = taken.decoded.sha256, taken.image.received_at
    known = ingest.image_named(taken.upload.external_id, site_id=taken.context.site.pk, sha256=sha256) or _look_up(
        taken.upload, context=taken.context, sha256=sha256, actor=taken.actor, now=received_at
    )
    judging = InspectionRun.objects.filter(
        run_images__image_id=known.image_id,
        recipe_version=taken.context.recipe_version,
        requested_version_id=taken.context.requested_version_id,
        counts=True,
    )
    run = judging.select_related(*CARD_RELATIONS).order_by("-id").first()
    if run is None or known.image_id is None:
        raise Overloaded("The same image was sent twice at once. Send it again.", retry_after_s=1)
    return _answer_again(run, image_id=known.image_id, actor=taken.actor, now=received_at)


def _answer_again(run: InspectionRun, *, image_id: UUID, actor: Actor, now: datetime) -> PredictOutcome:
    """Nothing is stored; that somebody asked, and what he was answered, is in the trail all the same."""
    audit.record(
        action=Action.RUN_REPEATED,
        object_type="run",
        object_id=run.pk,
        object_version=run.revision,
        actor=actor,
        at=now,
        after={"image": image_id, "state": run.state},
    )
    return PredictOutcome(run=run, repeated=True, waiting=run.state in UNDER_WAY)
