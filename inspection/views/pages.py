"""The pages. Each renders its frame at once; what changes while it is open comes over the API and the sockets."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.selectors import actor_of
from core.actors import Actor
from core.clock import now
from core.permissions import may_post
from inspection import selectors
from inspection.choices import Band, RunState
from inspection.forms import HOLD_CHOICES, WaferSearchForm
from inspection.models import Recipe, RecipeVersion
from inspection.selectors import search

SUGGESTIONS = 8
# What fills a screen: 200 cards take three times as long to read and to send. The page asks for the rest at once.
CARDS_AT_FIRST, CARDS_OF_A_TOOL_AT_FIRST = 24, 6
WAFERS_A_PAGE = 40
RUNS_OF_A_WAFER = 30
LOTS_TO_CHOOSE_FROM = 100
HEALTH_PARTS = (
    ("postgres", "PostgreSQL", "database"),
    ("redis", "Redis", "workflow"),
    ("storage", "Image store", "hard-drive"),
    ("triton", "Triton", "server"),
    ("worker", "Worker", "cpu"),
    ("beat", "Beat", "timer"),
    ("decoder", "Decoder", "image"),
    ("model", "Model", "layers"),
)
HEALTH_PROGRAMS = (
    ("waferdeck", "Waferdeck"),
    ("code", "Code"),
    ("triton", "Triton"),
    ("postgres", "PostgreSQL"),
    ("redis", "Redis"),
    ("python", "Python"),
)


@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    cards, are_all = selectors.first_cards(actor, least=CARDS_AT_FIRST, of_a_tool=CARDS_OF_A_TOOL_AT_FIRST)
    context = {
        "cards": cards,
        "are_all": are_all,
        "tools": [
            {"code": tool.code, "cadence_s": tool.cadence_s, "last_image_at": tool.last_image_at}
            for tool in selectors.tools_visible_to(actor)
        ],
        "products": list(selectors.products_visible_to(actor).values_list("code", flat=True)),
        "classes": selectors.drawn_classes(),
    }
    return render(request, "inspection/wall.html", context)


@require_safe
def wafers(request: HttpRequest) -> HttpResponse:
    """The list; a part of it for a page that is open; or the wafer itself when a scanner named exactly one."""
    actor = actor_of(request)
    query = WaferSearchForm.read(request.GET)
    filters = WaferSearchForm.filters_of(query)
    text = filters.get("q", "")
    found = search.wafers_like(actor, text=text, **{name: value for name, value in filters.items() if name != "q"})
    if query["part"] == "suggestions":
        return render(
            request, "inspection/_suggestions.html", {"wafers": _with_cards(found.newest(SUGGESTIONS)), "query": query}
        )
    page = search.page_of(found, before=query["before"], after=query["after"], size=WAFERS_A_PAGE)
    if query["go"] and text:
        named = page.wafers[0] if len(page.wafers) == 1 else search.named_exactly(page.wafers, text=text)
        if named is not None:
            return redirect("inspection:wafer", named.pk)
    context = {
        "wafers": _with_cards(page.wafers),
        "newer": page.newer,
        "older": page.older,
        "query": query,
        "filters": filters,
        "address": urlencode(filters),
    }
    if query["part"] == "rows":
        return render(request, "inspection/_wafer_rows.html", context)
    return render(request, "inspection/wafers.html", {**context, "choices": _wafer_choices(actor, filters)})


def _wafer_choices(actor: Actor, filters: dict[str, str]) -> list[dict[str, Any]]:
    """What each filter of the list of wafers offers: values with the words for them. What is set is always among it."""
    lots = selectors.lots_visible_to(actor).values_list("code", flat=True)[:LOTS_TO_CHOOSE_FROM]
    codes = {
        "lot": list(lots),
        "product": list(selectors.products_visible_to(actor).values_list("code", flat=True)),
        "layer": list(selectors.layers_visible_to(actor).values_list("code", flat=True)),
        "tool": [*selectors.tools_visible_to(actor).values_list("code", flat=True), selectors.BY_HAND],
    }
    offered = {name: [(code, code) for code in dict.fromkeys(values)] for name, values in codes.items()}
    offered |= {"state": list(RunState.choices), "band": list(Band.choices), "hold": list(HOLD_CHOICES)}
    for name, options in offered.items():
        chosen = filters.get(name)
        if chosen and chosen not in dict(options):
            options.append((chosen, chosen))
    return [
        {
            "name": name,
            "label": name.capitalize(),
            "all": "Held or not" if name == "hold" else f"All {name}s",
            "options": options,
            "value": filters.get(name, ""),
        }
        for name, options in offered.items()
    ]


@require_safe
def wafer(request: HttpRequest, wafer_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    row = selectors.one(selectors.wafers_visible_to(actor), wafer_id, what="wafer")
    runs = list(selectors.runs_visible_to(actor).filter(wafer=row, counts=True)[:RUNS_OF_A_WAFER])
    context = {
        "wafer": {
            "id": str(row.pk),
            "code": row.code,
            "slot": row.slot,
            "lot": row.lot.code,
            "product": row.lot.product.code,
            "hold": selectors.hold_of(row),
            "geometry": selectors.geometry_of(row.lot.product),
        },
        "runs": [
            *selectors.cards_of(runs[:1], with_pictures=False),
            *(selectors.card_of(run, standing=None) for run in runs[1:]),
        ],
        "recipes": {str(version): _bands(version) for version in selectors.recipes_behind(row)},
        "classes": selectors.drawn_classes(),
        "known": {
            "me": request.user.get_username(),
            "mayHold": may_post(request, "api:wafer_hold"),
            "mayRelease": may_post(request, "api:wafer_release"),
            "mayExplain": may_post(request, "api:detection_explanation"),
        },
    }
    return render(request, "inspection/wafer.html", context)


@require_safe
def upload(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    known = {
        "looseLot": f"ADHOC-{now():%Y%m%d}",
        "lots": list(selectors.lots_visible_to(actor).values_list("code", flat=True)[:LOTS_TO_CHOOSE_FROM]),
        "products": list(selectors.products_visible_to(actor).values_list("code", flat=True)),
        "layers": list(selectors.layers_visible_to(actor).values_list("code", flat=True)),
        "tools": list(selectors.tools_visible_to(actor).values_list("code", flat=True)),
        "recipes": [_recipe(recipe) for recipe in selectors.recipes_visible_to(actor) if recipe.in_force],
        "maxBytes": settings.UPLOAD_MAX_BYTES,
        "maxMebibytes": settings.UPLOAD_MAX_BYTES // 2**20,
        "mayUpload": may_post(request, "api:predict"),
        "mayMakeRecipes": may_post(request, "api:recipes"),
    }
    return render(request, "inspection/upload.html", {"known": known, "classes": selectors.drawn_classes()})


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    return render(request, "inspection/jobs.html")


@require_safe
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    selectors.one(selectors.jobs_visible_to(actor_of(request)), job_id, what="job")
    return render(request, "inspection/job.html", {"job_id": job_id})


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    return render(request, "inspection/health.html", {"parts": HEALTH_PARTS, "programs": HEALTH_PROGRAMS})


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "styleguide.html", {"classes": selectors.drawn_classes()})


def _with_cards(wafers: Iterable[Any]) -> list[dict[str, Any]]:
    """Each wafer with its card, or None where it has not been inspected."""
    rows = list(wafers)
    cards = search.cards_of_wafers(rows)
    return [{"wafer": row, "card": cards.get(row.pk)} for row in rows]


def _recipe(recipe: Recipe) -> dict[str, Any]:
    (newest,) = recipe.in_force
    return {
        "code": recipe.code,
        "name": recipe.name,
        "version": newest.number,
        "pixel_um": newest.pixel_um,
        "review_from": newest.review_from,
        "reject_from": newest.reject_from,
    }


def _bands(version: RecipeVersion) -> dict[str, Any]:
    return {
        "reviewFrom": version.review_from,
        "rejectFrom": version.reject_from,
        "thresholds": version.thresholds,
    }
