"""Rows for tests, written past the services: a test says only what it is about."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from accounts.models import ApiToken, Site, User
from annotations.models import (
    BookExample,
    CommentThread,
    DatasetSnapshot,
    QueueEntry,
    ReviewAppeal,
    ReviewQueue,
    ReviewTask,
    ThreadComment,
    TrainingRule,
    TrainingSuggestion,
)
from annotations.selectors import DatasetSelection
from core import image_store
from core.ids import derived_uuid7, uuid7
from core.roles import Role
from domain.datasets import manifest
from domain.datasets.records import Header, ImageRecord, Split
from domain.datasets.statistics import counts_of
from inspection.models import (
    DefectClass,
    Detection,
    InspectionImage,
    InspectionJob,
    InspectionRun,
    JobItem,
    Layer,
    Lot,
    Product,
    Recipe,
    RecipeVersion,
    RunImage,
    Tool,
    Wafer,
)
from models_admin.models import Deployment, Model, ModelVersion
from tests.factories_onnx import model_json
from tests.live_stack import wafer_png

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def make_site(code: str | None = None) -> Site:
    number = next(_numbers)
    return Site.objects.create(code=code or f"fab{number}", name=f"Fab {number}")


def make_user(*roles: Role, site: Site | None = None, username: str | None = None, password: str = "secret") -> User:
    user = User.objects.create_user(username=username or f"user{next(_numbers)}", password=password)
    user.groups.set([Group.objects.get_or_create(name=role.value)[0] for role in roles])
    user.sites.set([site] if site else [])
    return user


def token_of(user: User, *, scopes: tuple[str, ...] = ("read", "write"), **values: Any) -> str:
    _, text = ApiToken.objects.create(user=user, scopes=list(scopes), name="test", **values)
    return str(text)


def client_of(user: User, *, scopes: tuple[str, ...] = ("read", "write")) -> APIClient:
    """A program with a token of the user's."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {token_of(user, scopes=scopes)}")
    return client


def make_class(code: str = "scratch", *, severity: str = "major") -> DefectClass:
    values = {"name": code.title(), "colour": "#e69f00", "severity": severity, "key": "1"}
    return DefectClass.objects.get_or_create(code=code, defaults=values)[0]


@dataclass(frozen=True)
class Inspected:
    """A site with one wafer that was inspected once, and everything that belongs to it."""

    site: Site
    recipe: Recipe
    lot: Lot
    wafer: Wafer
    image: InspectionImage
    run: InspectionRun
    detection: Detection
    job: InspectionJob
    queue: ReviewQueue
    task: ReviewTask
    thread: CommentThread
    comment: ThreadComment
    example: BookExample
    dataset: DatasetSnapshot

    @property
    def appeal(self) -> ReviewAppeal:
        """Somebody contests a ruling: another one each time."""
        return make_appeal(self.task)

    @property
    def rule(self) -> TrainingRule:
        return make_rule(self.site)

    @property
    def suggestion(self) -> TrainingSuggestion:
        values = {"id": uuid7(at=AT), "site": self.site, "reasons": [], "new_words": 1, "raised_at": AT}
        return TrainingSuggestion.objects.get_or_create(rule=self.rule, defaults=values)[0]


def make_rule(site: Site, code: str = "R1", **values: Any) -> TrainingRule:
    """A rule that finds one newly accepted word enough."""
    values = {
        "id": uuid7(at=AT), "selection": DatasetSelection().as_dict(), "least_new": 1, "created_at": AT,
        "created_by": "someone", **values,
    }  # fmt: skip
    return TrainingRule.objects.get_or_create(site=site, code=code, defaults=values)[0]


def make_inspected(site: Site | None = None, *, at: datetime = AT, seed: int | None = None) -> Inspected:
    """One of everything that was seen."""
    number = next(_numbers)
    site = site or make_site()
    product = Product.objects.get_or_create(site=site, code="P1")[0]
    layer = Layer.objects.get_or_create(site=site, code="M1")[0]
    tool = Tool.objects.get_or_create(site=site, code="T1")[0]
    lot = Lot.objects.create(site=site, code=f"L{number}", product=product, created_at=at)
    wafer = Wafer.objects.create(id=uuid7(at=at), site=site, lot=lot, code="W1", slot=1, created_at=at)
    image = _image(wafer, layer=layer, tool=tool, at=at, seed=seed or number)
    job = InspectionJob.objects.create(
        id=uuid7(at=at), site=site, state="done", total=1, done=1, requested_by="someone", created_at=at, finished_at=at
    )
    version = make_recipe(site)
    run = _run(image, recipe_version=version, job=job, at=at)
    JobItem.objects.create(job=job, ordinal=0, file_name="1.png", state="done", image=image, run=run)
    detection = Detection.objects.create(
        id=derived_uuid7(parent=run.pk, label="0"), run=run, image=image, wafer=wafer, ordinal=0,
        defect_class=make_class(), confidence=0.9, raw_score=0.8, top3_class_ids=[make_class().pk],
        top3_confidences=[0.9], severity="major", band="reject", x_px=1, y_px=2, width_px=3, height_px=4, size_um=4.0,
    )  # fmt: skip
    queue, task = make_review(detection)
    thread, comment = make_thread(task)
    return Inspected(
        site=site, recipe=version.recipe, lot=lot, wafer=wafer, image=image, run=run, detection=detection, job=job,
        queue=queue, task=task, thread=thread, comment=comment,
        example=make_example(task), dataset=make_dataset(image),
    )  # fmt: skip


def make_deployment(version: str = "1.0.0", *, model: str = "visual_defects", state: str = "draining") -> Deployment:
    """A version that is loaded, as far as the database knows; deploying it takes its place at once."""
    kind = {"kind": "visual", "created_at": AT}
    named = Model.objects.get_or_create(name=model, defaults=kind)[0]
    row = ModelVersion.objects.create(
        model=named, version=version, sha256="0" * 64, bytes=1, created_at=AT, created_by="someone",
        metadata=model_json(name=model, version=version),
    )  # fmt: skip
    return Deployment.objects.create(
        version=row, triton_name=f"{model}__{version.replace('.', '_')}", state=state, requested_by="someone",
        requested_at=AT, changed_at=AT,
    )  # fmt: skip


def make_review(detection: Detection) -> tuple[ReviewQueue, ReviewTask]:
    """A detection in its site's queue."""
    run = detection.run
    values = {"id": uuid7(at=AT), "created_at": AT, "created_by": "someone"}
    queue = ReviewQueue.objects.get_or_create(site=run.site, code="Q1", defaults=values)[0]
    task = ReviewTask.objects.create(
        id=derived_uuid7(parent=detection.pk, label="review"), site=run.site, kind="detection", detection=detection,
        run=run, image=detection.image, wafer=detection.wafer, defect_class=detection.defect_class,
        confidence=detection.confidence, severity=detection.severity, band=detection.band, x_px=detection.x_px,
        y_px=detection.y_px, width_px=detection.width_px, height_px=detection.height_px, made_at=AT,
    )  # fmt: skip
    QueueEntry.objects.create(queue=queue, task=task, generation=1, rank=1.0)
    return queue, task


def make_appeal(task: ReviewTask) -> ReviewAppeal:
    author = make_user(Role.REVIEWER, site=task.site)
    values = {"kind": "ruling", "author": author, "reason": "It is a pit.", "made_at": AT}
    return ReviewAppeal.objects.create(id=uuid7(at=AT), site=task.site, task=task, **values)


def make_thread(task: ReviewTask) -> tuple[CommentThread, ThreadComment]:
    """A comment of nobody in particular on a task's place."""
    author = User.objects.get_or_create(username="someone")[0]
    thread = CommentThread.objects.create(
        id=uuid7(at=AT), site=task.site, image=task.image, wafer=task.wafer, x_px=task.x_px, y_px=task.y_px,
        revision=1, author=author, started_at=AT,
    )  # fmt: skip
    comment = ThreadComment.objects.create(
        id=uuid7(at=AT), thread=thread, number=1, author=author, text="Said before.", made_at=AT
    )
    return thread, comment


def make_example(task: ReviewTask) -> BookExample:
    """A task in the defect book."""
    return BookExample.objects.create(
        id=uuid7(at=AT), site=task.site, defect_class=task.defect_class, kind="example", task=task, image=task.image,
        x_px=task.x_px, y_px=task.y_px, width_px=task.width_px, height_px=task.height_px, rank=1.0, author="someone",
        added_at=AT,
    )  # fmt: skip


def make_dataset(image: InspectionImage) -> DatasetSnapshot:
    """A snapshot of one image without any defect, ready."""
    record = ImageRecord(
        image=str(image.pk), sha256=image.sha256, pixel_sha256=image.pixel_sha256, width_px=image.width_px,
        height_px=image.height_px, format=image.format, file_name=image.file_name, site=image.site.code,
        lot=image.wafer.lot.code, wafer=image.wafer.code, layer=image.layer.code, tool="T1", product="P1",
        split=Split.TRAIN, objects=(), nuisances=(), is_complete=True,
    )  # fmt: skip
    header = Header(image.site.code, ("scratch",), seed=0, shares=(1.0, 0.0, 0.0))
    lines = manifest.header_line(header) + manifest.image_line(record)
    key = image_store.put(lines, kind="dataset", suffix=".jsonl")
    return DatasetSnapshot.objects.create(
        id=uuid7(at=AT), site=image.site, code=f"MADE{next(_numbers)}", selection={}, seed=0, shares=[1.0, 0.0, 0.0],
        state="ready", done=1, total=1, is_collected=True, is_split=True, parts=1, statistics=counts_of([record]),
        manifest_key=key, manifest_sha256=key.rsplit("/", 1)[-1].removesuffix(".jsonl"), manifest_bytes=len(lines),
        created_at=AT, created_by="someone", finished_at=AT,
    )  # fmt: skip


def make_recipe(site: Site, code: str = "DEFAULT") -> RecipeVersion:
    recipe, _ = Recipe.objects.get_or_create(site=site, code=code, defaults={"created_at": AT})
    values = {"preprocessing": {}, "preprocessing_sha256": "0" * 64, "created_at": AT, "created_by": "someone"}
    return RecipeVersion.objects.get_or_create(recipe=recipe, number=1, defaults=values)[0]


def _image(wafer: Wafer, *, layer: Layer, tool: Tool, at: datetime, seed: int) -> InspectionImage:
    content = wafer_png(seed, side_px=64)
    store_key = image_store.put(content, kind="original", suffix=".png")
    sha256 = store_key.rsplit("/", 1)[-1].removesuffix(".png")
    return InspectionImage.objects.create(
        id=uuid7(at=at), site=wafer.site, wafer=wafer, layer=layer, tool=tool, sha256=sha256, pixel_sha256=sha256,
        bytes=len(content), width_px=64, height_px=64, bit_depth=8, channels=1, format="png", file_name="1.png",
        store_key=store_key, thumbnail_key=store_key.replace("original", "thumbnail"), pixel_um=1.0, received_at=at,
        received_from="someone",
    )  # fmt: skip


def _run(image: InspectionImage, *, recipe_version: RecipeVersion, job: InspectionJob, at: datetime) -> InspectionRun:
    run = InspectionRun.objects.create(
        id=uuid7(at=at), site=image.site, wafer=image.wafer, layer=image.layer, tool=image.tool,
        recipe_version=recipe_version, job=job, state="done", requested_by="someone", queued_at=at, started_at=at,
        finished_at=at, band="reject", detection_count=1, summary={"counts_by_class": {"scratch": 1}},
        timings_ms={"total": 12.5, "infer": 8.0},
    )  # fmt: skip
    RunImage.objects.create(run=run, image=image, ordinal=0)
    return run
