"""What is deployed where."""

from django.db import models
from django.db.models import Q

from models_admin.choices import DeploymentState, RouteSlot
from models_admin.models.registry import Model, ModelVersion


class Deployment(models.Model):
    """One bringing of a version onto Triton, from publishing to retirement."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="deployments")
    triton_name = models.CharField(max_length=96)
    state = models.CharField(max_length=16, choices=DeploymentState.choices, default=DeploymentState.PUBLISHING)
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
                fields=["version"],
                condition=Q(state__in=["publishing", "loading", "warming", "active", "draining"]),
                name="deployment_one_live_per_version",
            )
        ]

    def __str__(self) -> str:
        return f"{self.triton_name} {self.state}"


class PlaceRequest(models.Model):
    """A place that a deployment on its way was asked for; gone once it has been given or refused one."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="requests")
    recipe_code = models.CharField(max_length=64, blank=True)
    slot = models.CharField(max_length=16, choices=RouteSlot.choices)
    decision = models.PositiveIntegerField()

    class Meta:
        db_table = "place_request"
        ordering = ["decision"]
        constraints = [
            models.UniqueConstraint(fields=["deployment", "recipe_code", "slot"], name="place_request_once"),
        ]

    def __str__(self) -> str:
        return f"{self.decision}: {self.deployment_id} as {self.slot} of {self.recipe_code or '*'}"


class TrafficRoute(models.Model):
    """Which deployment judges: for a recipe, or for every recipe without a route of its own.

    Each slot carries the decision that filled it; 0 is a stand-in nobody asked for. A fallback that is the champion as
    well waits for the champion to change.

    `generation` grows with every change, so that whoever looked at an older one is told.
    """

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="routes")
    recipe_code = models.CharField(max_length=64, blank=True, help_text="Empty: every recipe without its own route.")
    champion = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="+")
    fallback = models.ForeignKey(Deployment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    champion_decision = models.PositiveIntegerField(default=0)
    fallback_decision = models.PositiveIntegerField(default=0)
    generation = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "traffic_route"
        constraints = [models.UniqueConstraint(fields=["model", "recipe_code"], name="traffic_route_once")]

    def __str__(self) -> str:
        return f"{self.model_id}/{self.recipe_code or '*'} -> {self.champion_id}"
