"""The pages of review. Each renders its frame at once; what changes while it is open comes over API and socket."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.selectors import actor_of
from annotations import selectors
from annotations.choices import SETTLED, QueueOrder
from core.actors import Actor
from core.errors import NotFound
from core.permissions import may_get, may_post
from domain.datasets.formats import READERS
from inspection import selectors as inspection
from inspection.choices import Band


@require_safe
def queues(request: HttpRequest) -> HttpResponse:
    known = {
        "mayManage": may_post(request, "api:review_queues"),
        "mayReview": may_post(request, "api:review_next"),
        "mayPlan": may_get(request, "api:review_plan"),
        **_codes(actor_of(request)),
        "bands": Band.values,
        "orders": [{"value": value, "label": label} for value, label in QueueOrder.choices],
    }
    return _page(request, "queues", known)


@require_safe
def review(request: HttpRequest, queue_id: UUID) -> HttpResponse:
    queue = selectors.queue_visible_to(actor_of(request), queue_id)
    known = {
        "mayReview": may_post(request, "api:review_next"),
        "mayAddToBook": may_post(request, "api:book_examples"),
    }
    shown = {"id": str(queue.pk), "code": queue.code, "name": queue.name, "lease_s": queue.lease_s}
    return _page(request, "review", known, queue=shown)


@require_safe
def whole_wafer(request: HttpRequest, wafer_id: UUID) -> HttpResponse:
    """Everything that was found on a wafer at once: chosen by many, decided by one word."""
    row = inspection.one(inspection.wafers_visible_to(actor_of(request)), wafer_id, what="wafer")
    wafer = {
        "id": str(row.pk),
        "code": row.code,
        "slot": row.slot,
        "lot": row.lot.code,
        "product": row.lot.product.code,
        "hold": inspection.hold_of(row),
        "geometry": inspection.geometry_of(row.lot.product),
    }
    return _page(request, "whole_wafer", {"mayReview": may_post(request, "api:review_edits")}, wafer=wafer)


@require_safe
def disputes(request: HttpRequest) -> HttpResponse:
    """What reviewers differ about, for a lead to decide."""
    known = {"mayRule": may_post(request, "api:review_ruling")}
    return _page(request, "disputes", known)


@require_safe
def agreement(request: HttpRequest) -> HttpResponse:
    """How far reviewers agree, for those who answer for what is said."""
    known = {"mayRead": may_get(request, "api:review_agreement")}
    return _page(request, "agreement", known)


@require_safe
def scorecard(request: HttpRequest) -> HttpResponse:
    """How a reviewer decides, as they see it themselves; leads and auditors choose whose."""
    known = {
        "mayRead": may_get(request, "api:review_scorecard"),
        "mayChoose": may_get(request, "api:review_reviewers"),
        "mayAppeal": may_post(request, "api:review_appeals"),
        "mayAnswer": may_post(request, "api:review_appeal_answer"),
    }
    return _page(request, "scorecard", known)


@require_safe
def quality(request: HttpRequest) -> HttpResponse:
    """How often the model is wrong in use."""
    known = {"mayManage": may_post(request, "api:review_queues")}
    return _page(request, "quality", known)


@require_safe
def doubts(request: HttpRequest) -> HttpResponse:
    """Settled words that are most likely wrong."""
    known = {
        "mayRead": may_get(request, "api:review_doubts"),
        "mayReopen": may_post(request, "api:review_reopen"),
        "mayDismiss": may_post(request, "api:review_doubt_dismiss"),
    }
    return _page(request, "doubts", known)


@require_safe
def decided(request: HttpRequest) -> HttpResponse:
    """What is decided, class by class, to be validated, accepted or opened again."""
    known = {
        "mayValidate": may_post(request, "api:review_validate"),
        "mayAccept": may_post(request, "api:review_accept"),
        "mayReopen": may_post(request, "api:review_reopen"),
        "mayKnow": may_post(request, "api:review_gold"),
        "mayAddToBook": may_post(request, "api:book_examples"),
    }
    return _page(request, "decided", known)


@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    """Data sets, what to freeze, and labels from elsewhere."""
    known = {
        "mayFreeze": may_post(request, "api:datasets"),
        "mayImport": may_post(request, "api:dataset_imports"),
        **_codes(actor_of(request)),
        "states": list(SETTLED),
        "importFormats": list(READERS),
        "importMaxBytes": settings.IMPORT_MAX_BYTES,
    }
    return _page(request, "datasets", known)


@require_safe
def dataset(request: HttpRequest, dataset_id: UUID) -> HttpResponse:
    """One data set: what it holds, what differs from another, and its files."""
    snapshot = selectors.dataset_visible_to(actor_of(request), dataset_id)
    known = {
        "mayFreeze": may_post(request, "api:datasets"),
        "mayExport": may_post(request, "api:dataset_exports"),
        "mayTrain": may_post(request, "api:training_runs"),
    }
    return _page(request, "dataset", known, dataset=selectors.dataset_of(snapshot))


@require_safe
def mentions(request: HttpRequest) -> HttpResponse:
    """Where I am named, and what I have a part in and is open."""
    return _page(request, "mentions", {})


@require_safe
def book(request: HttpRequest, class_code: str | None = None) -> HttpResponse:
    """The defect book: every class, or the page of one."""
    classes = inspection.drawn_classes()
    chosen = next((row for row in classes if row["code"] == class_code), None)
    if class_code and chosen is None:
        raise NotFound("There is no such class.")
    known = {
        "mayWrite": may_post(request, "api:book_move"),
        "classCode": class_code,
    }
    return _page(request, "book", known, classes=classes, chosen=chosen)


def _page(request: HttpRequest, name: str, known: Mapping[str, Any], **context: Any) -> HttpResponse:
    """A page of review with what its modules know from the beginning: who asks, what they may, and the classes."""
    known = {**known, "me": request.user.get_username()}
    return render(
        request, f"annotations/{name}.html", {"known": known, "classes": inspection.drawn_classes(), **context}
    )


def _codes(actor: Actor) -> dict[str, list[str]]:
    """What can be chosen from."""
    return {
        "recipes": list(inspection.recipes_visible_to(actor).values_list("code", flat=True)),
        "layers": list(inspection.layers_visible_to(actor).values_list("code", flat=True)),
        "tools": list(inspection.tools_visible_to(actor).values_list("code", flat=True)),
    }
