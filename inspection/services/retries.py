"""Whether a run that is over may end otherwise when it is tried again."""

from core import image_store
from inspection.choices import RETRYABLE, can_retry
from inspection.errors import RetryCannotHelp
from inspection.models import InspectionRun
from inspection.services import inference
from models_admin.errors import NoRoute, UnknownVersion

FILE_MISSING = "file_missing"
"""Code of a run whose file is not in the store any more."""


def check_retry(run: InspectionRun) -> None:
    """Refuse what would only fail again; `recipe_version` must be loaded. Looks at the store or the routes if need be.

    Raises:
        RetryCannotHelp: saying why, and what to do instead.
    """
    if run.state not in RETRYABLE:
        return
    if not can_retry(run.state, run.error_code):
        raise RetryCannotHelp(f"The file itself is at fault: {run.error_detail} Send another in its place.")
    if run.error_code == FILE_MISSING and not _has_files(run):
        raise RetryCannotHelp("The image's file is still not in the store. Send it again.")
    if run.error_code == UnknownVersion.code:
        _check_version(run)


def may_help(run: InspectionRun) -> bool:
    """Whether `check_retry` lets a run pass."""
    try:
        check_retry(run)
    except RetryCannotHelp:
        return False
    return True


def _has_files(run: InspectionRun) -> bool:
    keys = run.run_images.values_list("image__store_key", flat=True)
    return all(image_store.can_get(key) for key in keys)


def _check_version(run: InspectionRun) -> None:
    try:
        inference.route_of(run.recipe_version, requested_id=run.requested_version_id)
    except UnknownVersion as fault:
        raise RetryCannotHelp(
            f"{fault.detail} Inspect the image by another version, or ask a model engineer to load this one."
        ) from fault
    except NoRoute:
        # Nobody judges now, which is no failure: the run waits until somebody does.
        return
