"""Images in, findings out: at once, as a batch that is followed, and what has become of it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from core.clock import now
from core.errors import Invalid
from core.idempotency import Attempt
from core.parsers import RawBytesParser, RawImageParser, StrictJSONParser
from core.schema import page_of
from core.shapes import checked
from inspection import selectors, services
from inspection.choices import UNDER_WAY
from inspection.models import InspectionJob, InspectionRun
from inspection.serializers import answers, documented, shown
from inspection.serializers.inputs import (
    BatchIn,
    BatchOfIdsIn,
    BenchmarkIn,
    JobsQuery,
    PredictIn,
    PredictQuery,
    upload_of,
)
from inspection.services import BatchFile, PredictOutcome

INTERACTIVE, IN_BATCH = 0, 2
ASK_AGAIN_S = 5


class PredictView(ApiView):
    """One image, inspected while the caller waits."""

    parser_classes = (MultiPartParser, RawImageParser, RawBytesParser)

    @extend_schema(
        request={"multipart/form-data": PredictIn, "image/*": bytes, "application/octet-stream": bytes},
        parameters=[documented.as_query(PredictQuery, "Only beside an image that is the whole body.")],
        responses={200: documented.ResultOut, 202: documented.ResultOut},
    )
    def post(self, request: Request) -> HttpResponse:
        """Inspect an image. 202 means that the model is away: the image is stored and its run finishes by itself."""
        return self.once_in_steps(self._predict)

    def _predict(self, attempt: Attempt) -> HttpResponse:
        if attempt.made:
            return self._made_before(attempt.made)
        services.count_images(1, actor=self.actor, now=now())
        data = self.request.data
        if isinstance(data, bytes):
            values = checked(PredictQuery, self.request.query_params)
            content, name = data, values.get("file_name", "")
        else:
            values = self.body(PredictIn)
            content, name = values["image"].read(), values["image"].name or ""
        outcome = services.predict_image(
            data=content,
            file_name=name,
            upload=upload_of(values, priority=INTERACTIVE),
            actor=self.actor,
            now=now(),
            attempt=attempt,
        )
        return _outcome_of(outcome)

    def _made_before(self, run_id: str) -> HttpResponse:
        run = selectors.run_visible_to(self.actor, UUID(run_id))
        return _outcome_of(PredictOutcome(run=run, waiting=run.state in UNDER_WAY))


class BatchView(ApiView):
    """1 to 100 images, inspected by the workers."""

    parser_classes = (MultiPartParser, StrictJSONParser)

    @extend_schema(
        request={"multipart/form-data": BatchIn, "application/json": BatchOfIdsIn},
        responses={202: documented.JobDetailOut},
    )
    def post(self, request: Request) -> HttpResponse:
        """Take images in, or name stored ones; answers with the job. A bad one harms no other; its item says why."""
        is_form = isinstance(request.data, QueryDict)
        return self.once_in_steps(self._take_files) if is_form else self.once(self._take_ids)

    def _take_files(self, attempt: Attempt) -> HttpResponse:
        values = self.body(BatchIn)
        files = _files_of(values)
        if not attempt.made:
            services.count_images(len(files), actor=self.actor, now=now())
        job = services.create_batch(files=files, **self._common(values), actor=self.actor, now=now(), attempt=attempt)
        return _taken_in(job)

    def _take_ids(self) -> HttpResponse:
        values = self.body(BatchOfIdsIn)
        services.count_images(len(values["ids"]), actor=self.actor, now=now())
        return _taken_in(
            services.reinspect_images(image_ids=values["ids"], **self._common(values), actor=self.actor, now=now())
        )

    @staticmethod
    def _common(values: dict[str, Any]) -> dict[str, Any]:
        return {"upload": upload_of(values, priority=IN_BATCH), "label": values.get("label", "")}


class JobsView(ApiView):
    @extend_schema(parameters=[JobsQuery], responses=page_of(documented.JobOut))
    def get(self, request: Request) -> HttpResponse:
        """Batches, newest first."""
        query = self.query(JobsQuery)
        rows = selectors.jobs_visible_to(self.actor)
        if "state" in query:
            rows = rows.filter(state=query["state"])
        at = now()
        return self.page(rows, query=query, show=lambda job: selectors.job_of(job, now=at))


class JobView(ApiView):
    @extend_schema(responses=documented.JobDetailOut)
    def get(self, request: Request, job_id: UUID) -> HttpResponse:
        """A batch with the state of each of its images."""
        return answer(_job_of(selectors.one(selectors.jobs_visible_to(self.actor), job_id, what="job")))


class JobCancelView(ApiView):
    @extend_schema(request=None, responses=documented.JobDetailOut)
    def post(self, request: Request, job_id: UUID) -> HttpResponse:
        """Cancel what of a batch has not ended."""
        return self.once(lambda: answer(_job_of(services.cancel_job(job_id=job_id, actor=self.actor, now=now()))))


class JobRetryView(ApiView):
    @extend_schema(request=None, responses=documented.JobDetailOut)
    def post(self, request: Request, job_id: UUID) -> HttpResponse:
        """Queue the failed images of a batch again."""
        return self.once(
            lambda: answer(_job_of(services.retry_failed_items(job_id=job_id, actor=self.actor, now=now())))
        )


class ResultView(ApiView):
    @extend_schema(responses=documented.ResultOut)
    def get(self, request: Request, run_id: UUID) -> HttpResponse:
        """A run with its images and everything it found."""
        run = selectors.run_visible_to(self.actor, run_id)
        return answer(answers.result_of(run))


class RunRetryView(ApiView):
    @extend_schema(request=None, responses=documented.RunOut)
    def post(self, request: Request, run_id: UUID) -> HttpResponse:
        """Queue a failed or cancelled run again."""
        return self.once(lambda: _run_of(services.retry_run(run_id=run_id, actor=self.actor, now=now())))


class RunCancelView(ApiView):
    @extend_schema(request=None, responses=documented.RunOut)
    def post(self, request: Request, run_id: UUID) -> HttpResponse:
        """Stop a run that has not ended."""
        return self.once(lambda: _run_of(services.cancel_run(run_id=run_id, actor=self.actor, now=now())))


class InferenceHealthView(ApiView):
    @extend_schema(responses=documented.InferenceHealthOut)
    def get(self, request: Request) -> HttpResponse:
        """Whether images are inspected now, and what stands in the way."""
        state = services.system_state(now=now(), visible_to=self.actor)
        return answer({name: state[name] for name in ("state", "banner", "components", "breaker", "queue", "triton")})


class InferenceMetricsView(ApiView):
    @extend_schema(responses=documented.InferenceMetricsOut)
    def get(self, request: Request) -> HttpResponse:
        """Runs of the last 24 hours by model version and state, with their latencies."""
        at = now()
        return answer(
            {
                "since_hours": 24,
                "runs": selectors.inference_figures(self.actor, now=at),
                "queue": selectors.queue_state(now=at),
                "cache": services.system_state(now=at, visible_to=self.actor)["cache"],
            }
        )


class BenchmarkView(ApiView):
    @extend_schema(request=BenchmarkIn, responses=documented.BenchmarkOut)
    def post(self, request: Request) -> HttpResponse:
        """Measure how fast the deployed model answers, for 8 s at most. Nothing is stored."""
        return self.once_in_steps(self._measure)

    def _measure(self, _: Attempt) -> HttpResponse:
        values = self.body(BenchmarkIn)
        services.count_images(values["images"], actor=self.actor, now=now())
        return answer(services.run_benchmark(**values, actor=self.actor, now=now()))


class _UploadedPart(BatchFile):
    """A file of the request that is read when its turn comes: a batch is larger than what should be in memory."""

    def __init__(self, part: Any, *, external_id: str | None) -> None:
        vars(self).update(name=part.name or "", external_id=external_id, part=part)

    @property
    def data(self) -> bytes:
        part = vars(self)["part"]
        part.seek(0)
        return bytes(part.read())


def _files_of(values: dict[str, Any]) -> list[BatchFile]:
    parts = values["images"]
    named = values.get("external_ids") or [name or None for name in values.get("external_id", [])]
    if named and len(named) != len(parts):
        raise Invalid(
            "There must be as many external ids as images.",
            fields={"external_id": [f"{len(named)} were given for {len(parts)} images."]},
        )
    return [
        _UploadedPart(part, external_id=name) for part, name in zip(parts, named or [None] * len(parts), strict=True)
    ]


def _taken_in(job: InspectionJob) -> HttpResponse:
    return answer(_job_of(job), status=202, Location=reverse("api:job", args=[job.pk]))


def _outcome_of(outcome: PredictOutcome) -> HttpResponse:
    body = answers.outcome_of(outcome)
    if not outcome.waiting:
        return answer(body)
    location = reverse("api:result", args=[outcome.run.pk])
    return answer(body, status=202, **{"Location": location, "Retry-After": str(ASK_AGAIN_S)})


def _run_of(run: InspectionRun) -> HttpResponse:
    return answer(shown.run_of(run, images=selectors.images_of(run)))


def _job_of(job: InspectionJob) -> dict[str, Any]:
    return answers.job_of(job, now=now())
