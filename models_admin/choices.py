"""Words and state machines of models, versions and deployments."""

from django.db.models import TextChoices

from core.errors import IllegalTransition


class ModelKind(TextChoices):
    VISUAL = "visual"
    ELECTRICAL = "electrical"
    THERMAL = "thermal"


class VersionStatus(TextChoices):
    CANDIDATE = "candidate"
    VALIDATED = "validated"
    REJECTED = "rejected"
    ARCHIVED = "archived"


VERSION_STEPS: dict[VersionStatus, frozenset[VersionStatus]] = {
    VersionStatus.CANDIDATE: frozenset({VersionStatus.VALIDATED, VersionStatus.REJECTED}),
    VersionStatus.VALIDATED: frozenset({VersionStatus.REJECTED, VersionStatus.ARCHIVED}),
    VersionStatus.REJECTED: frozenset({VersionStatus.ARCHIVED}),
    VersionStatus.ARCHIVED: frozenset(),
}


class Precision(TextChoices):
    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


class IntakeState(TextChoices):
    """What became of a file that somebody wants to be a version."""

    WAITING = "waiting"
    EXAMINING = "examining"
    REGISTERED = "registered"
    REFUSED = "refused"


INTAKE_STEPS: dict[IntakeState, frozenset[IntakeState]] = {
    IntakeState.WAITING: frozenset({IntakeState.EXAMINING}),
    # Back to waiting: who examined it died.
    IntakeState.EXAMINING: frozenset({IntakeState.WAITING, IntakeState.REGISTERED, IntakeState.REFUSED}),
    IntakeState.REGISTERED: frozenset(),
    IntakeState.REFUSED: frozenset(),
}
UNDER_EXAMINATION = frozenset({IntakeState.WAITING, IntakeState.EXAMINING})


class WorkState(TextChoices):
    """How far validations, training runs, transfers and variants are."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


WORK_STEPS: dict[WorkState, frozenset[WorkState]] = {
    WorkState.QUEUED: frozenset({WorkState.RUNNING, WorkState.CANCELLED}),
    # Back to queued: who was at it died, or something it needs is away.
    WorkState.RUNNING: frozenset({WorkState.QUEUED, WorkState.DONE, WorkState.FAILED, WorkState.CANCELLED}),
    WorkState.DONE: frozenset(),
    # Again, where whoever asked for it wants it.
    WorkState.FAILED: frozenset({WorkState.QUEUED}),
    WorkState.CANCELLED: frozenset({WorkState.QUEUED}),
}
UNDER_WAY = frozenset({WorkState.QUEUED, WorkState.RUNNING})

DEPLOYABLE = frozenset({VersionStatus.CANDIDATE, VersionStatus.VALIDATED})


class TransferWay(TextChoices):
    """Between an MLflow registry and ours."""

    IMPORT = "import"
    EXPORT = "export"


class PointKind(TextChoices):
    """What a point of a training's curve says."""

    LOSS = "loss"
    METRICS = "metrics"


class RouteSlot(TextChoices):
    """What a deployment is to its route. The fallback judges while Triton does not serve the champion."""

    CHAMPION = "champion"
    FALLBACK = "fallback"


class DeploymentState(TextChoices):
    PUBLISHING = "publishing"
    LOADING = "loading"
    WARMING = "warming"
    TRYING = "trying"
    ACTIVE = "active"
    DRAINING = "draining"
    RETIRED = "retired"
    FAILED = "failed"


class ControlKind(TextChoices):
    """What Triton was told."""

    LOAD = "load"
    UNLOAD = "unload"


class ControlOutcome(TextChoices):
    DONE = "done"
    FAILED = "failed"
    # Triton did not answer: what it did is seen when it does.
    UNKNOWN = "unknown"


DEPLOYMENT_STEPS: dict[DeploymentState, frozenset[DeploymentState]] = {
    DeploymentState.PUBLISHING: frozenset({DeploymentState.LOADING, DeploymentState.FAILED}),
    DeploymentState.LOADING: frozenset({DeploymentState.WARMING, DeploymentState.FAILED}),
    # Back to loading: Triton has lost it, by a restart.
    DeploymentState.WARMING: frozenset({DeploymentState.TRYING, DeploymentState.LOADING, DeploymentState.FAILED}),
    # Straight to draining: it was asked for no place, or a later request took the place while it was being loaded.
    DeploymentState.TRYING: frozenset(
        {DeploymentState.ACTIVE, DeploymentState.DRAINING, DeploymentState.LOADING, DeploymentState.FAILED}
    ),
    DeploymentState.ACTIVE: frozenset({DeploymentState.DRAINING}),
    # Back to active: a rollback to a version that is still loaded.
    DeploymentState.DRAINING: frozenset({DeploymentState.RETIRED, DeploymentState.ACTIVE}),
    DeploymentState.RETIRED: frozenset(),
    DeploymentState.FAILED: frozenset(),
}

ON_THE_WAY = frozenset(
    {DeploymentState.PUBLISHING, DeploymentState.LOADING, DeploymentState.WARMING, DeploymentState.TRYING}
)
LOADED = frozenset({DeploymentState.ACTIVE, DeploymentState.DRAINING})
"""States in which Triton must hold the model, whatever happened to Triton meanwhile."""


def check_deployment_step(before: str, after: str) -> None:
    """
    Raises:
        IllegalTransition: a deployment does not go from `before` to `after`.
    """
    if DeploymentState(after) not in DEPLOYMENT_STEPS[DeploymentState(before)]:
        raise IllegalTransition(f"A {before} deployment cannot become {after}.", state=before)


def check_intake_step(before: str, after: str) -> None:
    """
    Raises:
        IllegalTransition: an intake does not go from `before` to `after`.
    """
    if IntakeState(after) not in INTAKE_STEPS[IntakeState(before)]:
        raise IllegalTransition(f"A file that is {before} cannot become {after}.", state=before)


def check_work_step(before: str, after: str, *, noun: str) -> None:
    """
    Raises:
        IllegalTransition: work of this kind does not go from `before` to `after`.
    """
    if WorkState(after) not in WORK_STEPS[WorkState(before)]:
        raise IllegalTransition(f"A {noun} that is {before} cannot become {after}.", state=before)


def check_version_step(before: str, after: str) -> None:
    """
    Raises:
        IllegalTransition: a version does not go from `before` to `after`.
    """
    if VersionStatus(after) not in VERSION_STEPS[VersionStatus(before)]:
        raise IllegalTransition(f"A {before} version cannot become {after}.", state=before)
