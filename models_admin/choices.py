"""Words and state machines of models, versions and deployments."""

from django.db.models import TextChoices


class ModelKind(TextChoices):
    VISUAL = "visual"
    ELECTRICAL = "electrical"
    THERMAL = "thermal"


class VersionStatus(TextChoices):
    CANDIDATE = "candidate"
    VALIDATED = "validated"
    REJECTED = "rejected"
    ARCHIVED = "archived"


class DeploymentState(TextChoices):
    PUBLISHING = "publishing"
    LOADING = "loading"
    WARMING = "warming"
    ACTIVE = "active"
    DRAINING = "draining"
    RETIRED = "retired"
    FAILED = "failed"


DEPLOYMENT_STEPS: dict[DeploymentState, frozenset[DeploymentState]] = {
    DeploymentState.PUBLISHING: frozenset({DeploymentState.LOADING, DeploymentState.FAILED}),
    DeploymentState.LOADING: frozenset({DeploymentState.WARMING, DeploymentState.FAILED}),
    DeploymentState.WARMING: frozenset({DeploymentState.ACTIVE, DeploymentState.FAILED}),
    DeploymentState.ACTIVE: frozenset({DeploymentState.DRAINING}),
    DeploymentState.DRAINING: frozenset({DeploymentState.RETIRED, DeploymentState.ACTIVE}),
    DeploymentState.RETIRED: frozenset(),
    DeploymentState.FAILED: frozenset(),
}
