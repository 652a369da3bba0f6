"""Who judged when: each place of a route, and every deployment that ever held it."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from models_admin.choices import RouteSlot
from models_admin.models.registry import Model
from models_admin.models.serving import AtPlace, Deployment


class RoutePlace(AtPlace):
    """A slot of a route, for ever: it stays when the route is taken away, and is the same when it comes back."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="places")
    slot = models.CharField(max_length=16, choices=RouteSlot.choices)

    class Meta:
        db_table = "route_place"
        ordering = ["model", "recipe_code", "tool_code", "product_code", "slot"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "recipe_code", "tool_code", "product_code", "slot"], name="route_place_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.slot} of {self.model_id}/{self.place}"


class Tenure(models.Model):
    """The time for which a deployment held a place. Of a row only `until` is ever set, once (see `core.guards`).

    The database refuses two tenures of one place that overlap. One of no length was replaced in the instant it began.
    `is_since_known` is False where the trail does not reach back: then it began at `since` at the latest.
    """

    place = models.ForeignKey(RoutePlace, on_delete=models.PROTECT, related_name="tenures", db_index=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="tenures")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    during = models.GeneratedField(
        expression=Func(F("since"), F("until"), function="tstzrange"),
        output_field=DateTimeRangeField(),
        db_persist=True,
    )
    decision = models.PositiveIntegerField(default=0, help_text="0: a stand-in nobody asked for.")
    taken_by = models.CharField(max_length=150, blank=True)
    is_since_known = models.BooleanField(default=True)

    class Meta:
        db_table = "tenure"
        ordering = ["-since", "-id"]
        indexes = [models.Index(fields=["place", "-since", "-id"], name="tenure_by_place")]
        constraints = [
            # The key as a range of one number: plain numbers have no operator for these indexes without btree_gist.
            ExclusionConstraint(
                name="tenure_one_at_a_time",
                expressions=[
                    (Func(F("place"), F("place"), Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="tenure_ends_after"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deployment_id} as {self.place_id} from {self.since} to {self.until or 'now'}"
