"""Work that takes a while: a row that waits, is taken under a lease, and ends in one way that stays."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from models_admin.choices import WorkState


class Work(models.Model):
    """The base of validations, training runs, transfers and variants; `models_admin.services.work` is its only writer.

    `attempt` is the fencing number: it grows with every claim, and only the claim that still holds the row writes what
    came of it. `failures` counts claims whose holder died. `steps_total` is 0 while nobody knows how much there is.

    Attributes:
        noun: what the trail and the events call it; also the beginning of its event, `<noun>.changed`.
        task: the task that carries one of them out; it takes `key`.
    """

    noun: ClassVar[str]
    task: ClassVar[str]

    id = models.UUIDField(primary_key=True, editable=False)
    state = models.CharField(max_length=12, choices=WorkState.choices, default=WorkState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    waiting_for = models.CharField(max_length=200, blank=True, help_text="Why it is still queued, for a person.")
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    steps_done = models.PositiveIntegerField(default=0)
    steps_total = models.PositiveIntegerField(default=0)
    doing = models.CharField(max_length=120, blank=True, help_text="What it is at, for a person.")
    cancel_asked_by = models.CharField(max_length=150, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_detail = models.TextField(blank=True)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "id"], name="%(class)s_open", condition=Q(state__in=["queued", "running"]))
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False), name="%(class)s_running_has_lease"
            )
        ]

    def __str__(self) -> str:
        return f"{self.noun} {self.id} {self.state}"

    def told(self) -> dict[str, Any]:
        """What its event says beside how far it is."""
        return {}

    def heard_by(self) -> list[str]:
        """Topics whose pages are told; none: every site's."""
        return []
