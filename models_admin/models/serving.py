"""What is deployed where, how it is served, and what Triton was told."""

from typing import ClassVar

from django.db import models

from models_admin.choices import ControlKind, ControlOutcome, DeploymentState, RouteSlot
from models_admin.models.registry import Model, ModelVersion
from models_admin.places import Place

_LIVE = ["publishing", "loading", "warming", "trying", "active", "draining"]


class Deployment(models.Model):
    """One bringing of a version onto Triton, from publishing to retirement.

    A version that is to be served by another configuration gets another deployment, under a Triton name of its own.

    `steps` lists when it came to each state: `{"state", "at"}`. `measured` has the speed by the configuration before
    and by this one, where it replaced another; empty where not. `leaves` says that it is to be unloaded as soon as it
    has drained.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="deployments")
    triton_name = models.CharField(max_length=96)
    config_revision = models.PositiveIntegerField(default=0, help_text="Of `ServingConfig`; 0 is the settings' own.")
    state = models.CharField(max_length=16, choices=DeploymentState.choices, default=DeploymentState.PUBLISHING)
    steps = models.JSONField(default=list, blank=True)
    measured = models.JSONField(default=dict, blank=True)
    leaves = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="Times Triton did not finish loading it in time.")
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "deployment"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "config_revision"],
                condition=models.Q(state__in=_LIVE),
                name="deployment_one_live",
            )
        ]

    def __str__(self) -> str:
        return f"{self.triton_name} {self.state}"


class AtPlace(models.Model):
    """Of one place: for a recipe, a tool and a product, each empty where it is for all of them."""

    recipe_code = models.CharField(max_length=64, blank=True)
    tool_code = models.CharField(max_length=64, blank=True)
    product_code = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True

    @property
    def place(self) -> Place:
        return Place(recipe_code=self.recipe_code, tool_code=self.tool_code, product_code=self.product_code)


class PlaceRequest(AtPlace):
    """A place that a deployment on its way was asked for; gone once it has been given or refused one."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="requests")
    slot = models.CharField(max_length=16, choices=RouteSlot.choices)
    decision = models.PositiveIntegerField()
    is_rollback = models.BooleanField(default=False)

    class Meta:
        db_table = "place_request"
        ordering = ["decision"]
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "recipe_code", "tool_code", "product_code", "slot"], name="place_request_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision}: {self.deployment_id} as {self.slot} of {self.place}"


class TrafficRoute(AtPlace):
    """Which deployment judges at a place; images of all places without a route of their own take a wider one.

    Each slot carries the decision that filled it; 0 is a stand-in nobody asked for. A fallback that is the champion as
    well waits for the champion to change. `earlier` has keys of the versions that each slot held before, the last one
    at the end: rolling back takes that one from it, deploying adds to it.

    `generation` grows with every change, so that whoever looked at an older one is told.
    """

    EARLIER_KEPT: ClassVar[int] = 10

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="routes")
    champion = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="+")
    fallback = models.ForeignKey(Deployment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    champion_decision = models.PositiveIntegerField(default=0)
    fallback_decision = models.PositiveIntegerField(default=0)
    earlier = models.JSONField(default=dict, blank=True)
    generation = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "traffic_route"
        constraints = [
            models.UniqueConstraint(
                fields=["model", "recipe_code", "tool_code", "product_code"], name="traffic_route_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_id}/{self.place} -> {self.champion_id}"


class ServingConfig(models.Model):
    """How the versions of a model are served. A change is a new row with the next revision; the highest is in force."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="configs")
    revision = models.PositiveIntegerField()
    instances = models.PositiveSmallIntegerField()
    max_queue_delay_us = models.PositiveIntegerField()
    preferred_batches = models.JSONField(default=list, blank=True)
    max_queue_size = models.PositiveIntegerField()
    reason = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)

    class Meta:
        db_table = "serving_config"
        ordering = ["model", "-revision"]
        constraints = [models.UniqueConstraint(fields=["model", "revision"], name="serving_config_once")]

    def __str__(self) -> str:
        return f"{self.model_id} c{self.revision}"


class ControlCall(models.Model):
    """One call that told Triton to load or unload a model. Never edited.

    Memory is of Triton's processes before and after; None where they cannot be seen.
    """

    kind = models.CharField(max_length=8, choices=ControlKind.choices)
    outcome = models.CharField(max_length=8, choices=ControlOutcome.choices)
    detail = models.TextField(blank=True)
    triton_name = models.CharField(max_length=96)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    asked_by = models.CharField(max_length=150, help_text="Whose request it was; the deployer's own where nobody's.")
    began_at = models.DateTimeField()
    took_ms = models.FloatField()
    memory_before = models.BigIntegerField(null=True)
    memory_after = models.BigIntegerField(null=True)

    class Meta:
        db_table = "control_call"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.triton_name} {self.outcome}"
