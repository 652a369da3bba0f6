"""One deployment's way: locked, moved from state to state, recorded and announced."""

from datetime import datetime

from accounts.models import Site
from audit import services as audit
from audit.actions import Action
from core.actors import Actor
from models_admin.choices import DeploymentState, check_deployment_step
from models_admin.models import Deployment
from outbox import services as outbox

# One that is deployed and rolled back for months keeps the last of its steps; the trail has them all.
_STEPS_KEPT = 20


def locked(deployment_id: int) -> Deployment:
    """The deployment for writing. Whoever needs the model's lock as well takes that one first."""
    return (
        Deployment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("version__model")
        .get(pk=deployment_id)
    )


def save_deployment(deployment: Deployment, *, now: datetime) -> None:
    """Write a deployment as it is now, as a new row or a new revision."""
    deployment.changed_at = now
    if deployment.pk is None:
        deployment.steps = [_step(deployment.state, now=now)]
        deployment.full_clean()
        deployment.save(force_insert=True)
    else:
        deployment.revision += 1
        deployment.save()


def move(deployment: Deployment, *, to: DeploymentState, actor: Actor, now: datetime, error: str = "") -> None:
    """One step of the state machine, recorded and announced. The caller holds the row or its model.

    Raises:
        IllegalTransition: there is no such step.
    """
    check_deployment_step(deployment.state, to)
    before = deployment.state
    deployment.state, deployment.error = to, error
    deployment.steps = [*deployment.steps, _step(to, now=now)][-_STEPS_KEPT:]
    save_deployment(deployment, now=now)
    if to == DeploymentState.FAILED:
        deployment.requests.all().delete()
    audit.record(
        action=Action.DEPLOYMENT_CHANGED,
        object_type="deployment",
        object_id=deployment.pk,
        object_version=deployment.revision,
        actor=actor,
        at=now,
        before={"state": before},
        after={"state": to, "error": error} if error else {"state": to},
    )
    announce_deployment(deployment, now=now)


def announce_deployment(deployment: Deployment, *, now: datetime) -> None:
    """Tell every site: models belong to none."""
    version = deployment.version
    outbox.announce(
        type="deployment.changed",
        topics=every_site(),
        payload={
            "deployment": deployment.pk,
            "model": version.model.name,
            "version": version.version,
            "state": deployment.state,
            "at": now.isoformat(),
            "error": deployment.error,
            "revision": deployment.revision,
        },
        now=now,
    )


def every_site() -> list[str]:
    """The topics of all sites."""
    return [f"site:{pk}" for pk in Site.objects.order_by("pk").values_list("pk", flat=True)]


def _step(state: str, *, now: datetime) -> dict[str, str]:
    return {"state": str(state), "at": now.isoformat()}
