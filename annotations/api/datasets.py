"""Data sets: frozen, looked at, compared, taken away, and labels brought in."""

from collections.abc import Iterator
from typing import Any, BinaryIO
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import parse_etags, quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from annotations import selectors, services
from annotations.choices import BuildState
from annotations.datasets.files import MEDIA_TYPES, suffix_of
from annotations.errors import BuildFailed
from annotations.models import DatasetExport
from annotations.selectors import DatasetSelection
from annotations.serializers.datasets import (
    DatasetIn,
    DatasetOut,
    DatasetsQuery,
    DiffOut,
    DiffQuery,
    ExportIn,
    ExportOut,
    ExportQuery,
    ImportIn,
    ImportOut,
    LotsIn,
    LotsOut,
    PreviewIn,
    PreviewOut,
    StatisticsOut,
)
from core import image_store
from core.clock import now
from core.ranges import NOT_SATISFIABLE, wanted_range
from core.schema import page_of
from core.views import FirstRenderer
from domain.datasets.compare import difference
from domain.datasets.formats import Format
from inspection import selectors as inspection

_BLOCK_BYTES = 1 << 18
_ASK_AGAIN_S = 1
UNCHANGED = OpenApiResponse(description="The caller has it already.")
OUT_OF_RANGE = OpenApiResponse(description="The file ends before the range begins.")


class DatasetsView(ApiView):
    @extend_schema(parameters=[DatasetsQuery], responses=page_of(DatasetOut))
    def get(self, request: Request) -> HttpResponse:
        """Data sets, newest first."""
        query = self.query(DatasetsQuery)
        return self.page(selectors.datasets_visible_to(self.actor), query=query, show=selectors.dataset_of)

    @extend_schema(request=DatasetIn, responses={200: DatasetOut, 202: DatasetOut})
    def post(self, request: Request) -> HttpResponse:
        """Freeze what is settled into a data set; workers build it. 200 gives the one that is there and is the same."""
        return self.once(self._freeze)

    def _freeze(self) -> HttpResponse:
        values = self.body(DatasetIn)
        site = inspection.site_of(self.actor, code=values.get("site"))
        snapshot, is_new = services.freeze_dataset(
            site=site,
            code=values["code"],
            name=values.get("name", ""),
            selection=DatasetSelection.of(values.get("selection", {})),
            seed=values["seed"],
            shares=tuple(values.get("shares", services.DEFAULT_SHARES)),
            actor=self.actor,
            now=now(),
        )
        address = reverse("api:dataset", args=[snapshot.pk])
        return answer(selectors.dataset_of(snapshot), status=202 if is_new else 200, Location=address)


class DatasetPreviewView(ApiView):
    @extend_schema(request=PreviewIn, responses=PreviewOut)
    def post(self, request: Request) -> HttpResponse:
        """What a data set would hold if it were frozen now, and what to mind. Nothing is written."""
        values = self.body(PreviewIn)
        outlook = services.preview_dataset(
            site=inspection.site_of(self.actor, code=values.get("site")),
            selection=DatasetSelection.of(values.get("selection", {})),
            seed=values["seed"],
            shares=tuple(values.get("shares", services.DEFAULT_SHARES)),
            actor=self.actor,
        )
        return answer(outlook.as_dict())


class DatasetLotsView(ApiView):
    @extend_schema(request=LotsIn, responses=LotsOut)
    def post(self, request: Request) -> HttpResponse:
        """Lots that a choice could be narrowed to, with what of them fits it. Nothing is written."""
        values = self.body(LotsIn)
        lots, is_more = services.lots_to_choose(
            site=inspection.site_of(self.actor, code=values.get("site")),
            selection=DatasetSelection.of(values.get("selection", {})),
            actor=self.actor,
        )
        results = [{**lot._asdict(), "received_at": lot.received_at.isoformat()} for lot in lots]
        return answer({"results": results, "is_more": is_more})


class DatasetView(ApiView):
    @extend_schema(responses=DatasetOut)
    def get(self, request: Request, dataset_id: UUID) -> HttpResponse:
        """A data set, how far it is, and the files that were made of it."""
        return answer(selectors.dataset_of(selectors.dataset_visible_to(self.actor, dataset_id)))


class DatasetStatisticsView(ApiView):
    @extend_schema(responses=StatisticsOut)
    def get(self, request: Request, dataset_id: UUID) -> HttpResponse:
        """What a data set holds, counted for plots. 409 with the progress while it is built."""
        snapshot = services.ready_dataset(dataset_id=dataset_id, actor=self.actor)
        return answer({"id": str(snapshot.pk), "sha256": snapshot.manifest_sha256, "statistics": snapshot.statistics})


class DatasetDiffView(ApiView):
    @extend_schema(parameters=[DiffQuery], responses=DiffOut)
    def get(self, request: Request, dataset_id: UUID) -> HttpResponse:
        """What another data set has more, less, or otherwise."""
        snapshot = services.ready_dataset(dataset_id=dataset_id, actor=self.actor)
        other = services.ready_dataset(dataset_id=self.query(DiffQuery)["other"], actor=self.actor)
        with image_store.opened(snapshot.manifest_key) as before, image_store.opened(other.manifest_key) as after:
            found = difference(before, after)
        return answer(
            {
                "id": str(snapshot.pk),
                "other": str(other.pk),
                "is_same": snapshot.manifest_sha256 == other.manifest_sha256,
                "difference": found.as_dict(),
            }
        )


class DatasetExportsView(ApiView):
    @extend_schema(request=ExportIn, responses={200: ExportOut, 202: ExportOut})
    def post(self, request: Request, dataset_id: UUID) -> HttpResponse:
        """Have a file of a data set made. 202 while workers make it; one that failed is tried again."""
        return self.once(lambda: self._ask(dataset_id))

    def _ask(self, dataset_id: UUID) -> HttpResponse:
        selectors.dataset_visible_to(self.actor, dataset_id)
        values = self.body(ExportIn)
        export = services.export_dataset(
            dataset_id=dataset_id,
            format=Format(values["format"]),
            with_images=values["images"],
            actor=self.actor,
            now=now(),
        )
        return answer(selectors.export_of(export), status=200 if export.state == BuildState.READY else 202)


class DatasetExportView(ApiView):
    content_negotiation_class = FirstRenderer

    @extend_schema(
        parameters=[ExportQuery],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (202, "application/json"): ExportOut,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
            304: UNCHANGED,
            416: OUT_OF_RANGE,
        },
    )
    def get(self, request: Request, dataset_id: UUID) -> HttpResponseBase:
        """A data set as a file. 202 with the progress while it is made; a download that broke off goes on by Range."""
        # Whose data set it is comes first.
        selectors.dataset_visible_to(self.actor, dataset_id)
        query = self.query(ExportQuery)
        export = services.export_dataset(
            dataset_id=dataset_id,
            format=Format(query["format"]),
            with_images=query["images"],
            actor=self.actor,
            now=now(),
        )
        if export.state == BuildState.FAILED:
            raise BuildFailed(export.error_detail)
        if export.state != BuildState.READY:
            return answer(selectors.export_of(export), status=202, **{"Retry-After": str(_ASK_AGAIN_S)})
        return self._file(export)

    def _file(self, export: DatasetExport) -> HttpResponseBase:
        etag = quote_etag(export.sha256)
        known = parse_etags(self.request.headers.get("If-None-Match", ""))
        if etag in known or "*" in known:
            return HttpResponseNotModified(headers={"ETag": etag})
        asked = self.request.headers.get("Range", "")
        if self.request.headers.get("If-Range", etag) != etag:
            asked = ""
        bounds = wanted_range(asked, size=export.bytes)
        head = {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
        if bounds is NOT_SATISFIABLE:
            return HttpResponse(status=416, headers={**head, "Content-Range": f"bytes */{export.bytes}"})
        first, last = bounds or (0, export.bytes - 1)
        if first == 0 and self.request.method == "GET":
            services.note_download(export, actor=self.actor, now=now())
        suffix = suffix_of(Format(export.format), with_images=export.with_images)
        name = f"{export.snapshot.code}-{export.format}{suffix}"
        response = StreamingHttpResponse(
            _blocks(export.file_key, first=first, count=last + 1 - first),
            status=206 if bounds else 200,
            content_type=MEDIA_TYPES[suffix],
            headers={
                **head,
                "Content-Length": str(last + 1 - first),
                "Content-Disposition": _attachment(name),
                "X-Content-Type-Options": "nosniff",
            },
        )
        if bounds:
            response["Content-Range"] = f"bytes {first}-{last}/{export.bytes}"
        return response


class DatasetImportsView(ApiView):
    parser_classes = (MultiPartParser,)

    @extend_schema(request={"multipart/form-data": ImportIn}, responses=ImportOut)
    def post(self, request: Request) -> HttpResponse:
        """Look at a file of labels and say what is wrong with it; with `dry_run` false, write what is new in it."""
        return self.once_in_steps(lambda _: self._take())

    def _take(self) -> HttpResponse:
        values = self.body(ImportIn)
        report = services.import_labels(
            file=_binary(values["file"]),
            format=Format(values["format"]),
            site=inspection.site_of(self.actor, code=values.get("site")),
            is_dry_run=values["dry_run"],
            skips_faults=values["skip_faults"],
            actor=self.actor,
            now=now(),
        )
        return answer(report.as_dict())


def _binary(upload: Any) -> BinaryIO:
    file: BinaryIO = upload.file
    return file


def _blocks(key: str, *, first: int, count: int) -> Iterator[bytes]:
    with default_storage.open(key, "rb") as file:
        file.seek(first)
        while count > 0 and (block := file.read(min(count, _BLOCK_BYTES))):
            count -= len(block)
            yield block


def _attachment(name: str) -> str:
    from django.utils.http import content_disposition_header

    return content_disposition_header(as_attachment=True, filename=name) or "attachment"
