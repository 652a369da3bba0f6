"""The blast radius of a deployment, a recipe version, a tool or a time; and who judged a wafer."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from core.clock import now
from core.errors import Invalid, NotFound
from core.schema import page_of
from domain.datasets.formats.table import safe_cell
from inspection import selectors, services
from inspection.choices import RunState
from inspection.selectors import flips, judged, touched
from inspection.selectors.touched import Selection
from inspection.serializers import answers
from inspection.serializers import touched as shapes
from inspection.serializers.documented import JobDetailOut

MOST_LINES = 100_000
LINES_AT_ONCE = 500
NAMES = ("deployment", "recipe_version", "tool", "since", "until")


def selection_of(values: dict[str, Any]) -> Selection:
    """
    Raises:
        Invalid: nothing narrows it.
    """
    selection = Selection(**{name: values[name] for name in NAMES if name in values})
    if selection.is_open:
        raise Invalid(
            "Say what has touched them: a deployment, a recipe version, a tool or a time.",
            fields={"deployment": ["Give at least one of deployment, recipe_version, tool, since and until."]},
        )
    return selection


class TouchedView(ApiView):
    @extend_schema(parameters=[shapes.TouchedQuery], responses=page_of(shapes.TouchedOut))
    def get(self, request: Request) -> HttpResponse:
        """Every wafer that was touched, the one judged last first, with what was said of it and what became of it."""
        query = self.query(shapes.TouchedQuery)
        selection, actor = selection_of(query), self.actor
        return self.page_described(
            touched.wafers_touched(selection, actor=actor),
            query=query,
            describe=lambda rows: touched.described_wafers(rows, selection=selection, actor=actor),
        )


class TouchedTotalsView(ApiView):
    @extend_schema(parameters=[shapes.SelectionQuery], responses=shapes.TotalsOut)
    def get(self, request: Request) -> HttpResponse:
        """How much was touched, over the newest 5,000 runs; `is_all` says whether those are all there are."""
        selection = selection_of(self.query(shapes.SelectionQuery))
        return answer(touched.totals_touched(selection, actor=self.actor))


class TouchedCsvView(ApiView):
    @extend_schema(
        parameters=[shapes.SelectionQuery],
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="A line for each run.")},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """The same as a table, a line for each run, up to 100,000. Where there are more, the last line says so."""
        selection = selection_of(self.query(shapes.SelectionQuery))
        lines = touched.rows_touched(selection, actor=self.actor, at_most=MOST_LINES + 1, at_once=LINES_AT_ONCE)
        name = "-".join(
            ["touched", *(f"{key}-{value}" for key, value in selection.told().items() if key == "deployment")]
        )
        return StreamingHttpResponse(
            _table(lines),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}.csv"',
                "X-Content-Type-Options": "nosniff",
            },
        )


class RerunView(ApiView):
    @extend_schema(request=shapes.RerunIn, responses={202: JobDetailOut})
    def post(self, request: Request) -> HttpResponse:
        """Judge what was touched again by another version, as a job. It is to compare: what counts stays as it is."""
        return self.once(self._queue)

    def _queue(self) -> HttpResponse:
        values = self.body(shapes.RerunIn)
        job = services.rerun_touched(
            selection=selection_of(values),
            model=values["model"],
            version=values["version"],
            label=values.get("label", ""),
            actor=self.actor,
            now=now(),
        )
        return answer(answers.job_of(job, now=now()), status=202, Location=reverse("api:job", args=[job.pk]))


class JobFlippedView(ApiView):
    @extend_schema(parameters=[shapes.FlippedQuery], responses=shapes.FlippedOut)
    def get(self, request: Request, job_id: UUID) -> HttpResponse:
        """What another version says otherwise: of each re-run that has ended the calls that flipped."""
        query = self.query(shapes.FlippedQuery)
        job = selectors.one(selectors.jobs_visible_to(self.actor), job_id, what="job")
        found = flips.flips_of_job(job)
        return answer({**found, "results": found["results"][: query["limit"]]})


class RunFlippedView(ApiView):
    @extend_schema(responses=shapes.FlippedImagesOut)
    def get(self, request: Request, run_id: UUID) -> HttpResponse:
        """A re-run against the run that it judged again, call by call."""
        run = selectors.run_visible_to(self.actor, run_id)
        if run.rerun_of_id is None or run.state != RunState.DONE:
            raise NotFound("This run is no re-run that has ended.")
        images = flips.flips_of_run(run, classes=selectors.classes_by_id())
        return answer({"run": str(run.pk), "rerun_of": str(run.rerun_of_id), "images": images})


class WaferJudgedView(ApiView):
    @extend_schema(parameters=[shapes.JudgedQuery], responses=page_of(shapes.JudgedOut))
    def get(self, request: Request, wafer_id: UUID) -> HttpResponse:
        """Which model and recipe judged a wafer, at any time: each run with the tenure it judged in."""
        query = self.query(shapes.JudgedQuery)
        selectors.one(selectors.wafers_visible_to(self.actor), wafer_id, what="wafer")
        at = query.get("at")
        return self.page_described(
            judged.runs_that_judged(wafer_id, actor=self.actor, at=at),
            query=query,
            describe=lambda rows: judged.described_judged(rows, at=at or now()),
        )


def _table(lines: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """The lines as CSV, in portions."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(touched.COLUMNS)
    for number, line in enumerate(lines):
        if number == MOST_LINES:
            writer.writerow([f"There are more than {MOST_LINES} runs; ask for a shorter time."])
            break
        writer.writerow([safe_cell(str(line[name])) for name in touched.COLUMNS])
        if number % LINES_AT_ONCE == LINES_AT_ONCE - 1:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    data = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return data
