"""The closed list of what is audited. A service that changes something new adds its verb here."""

from enum import StrEnum


class Action(StrEnum):
    LOGIN = "account.login"
    LOGIN_REFUSED = "account.login_refused"
    LOGOUT = "account.logout"
    TOKEN_ISSUED = "account.token_issue"  # noqa: S105 - a verb, not a secret
    TOKEN_REVOKED = "account.token_revoke"  # noqa: S105
    USER_CREATED = "account.create"
    SITE_CREATED = "site.create"
    ACCESS_REFUSED = "access.refuse"
    PRODUCT_CREATED = "product.create"
    TOOL_CREATED = "tool.create"
    LAYER_CREATED = "layer.create"
    LOT_CREATED = "lot.create"
    WAFER_CREATED = "wafer.create"
    RECIPE_CREATED = "recipe.create"
    RECIPE_VERSION_ADDED = "recipe.add_version"
    DEFECT_CLASS_CREATED = "defect_class.create"
    IMAGE_INGESTED = "image.ingest"
    IMAGE_REFUSED = "image.refuse"
    RUN_QUEUED = "run.queue"
    RUN_FINISHED = "run.finish"
    RUN_FAILED = "run.fail"
    RUN_CANCELLED = "run.cancel"
    RUN_RETRIED = "run.retry"
    JOB_CREATED = "job.create"
    JOB_FINISHED = "job.finish"
    JOB_CANCELLED = "job.cancel"
    MODEL_REGISTERED = "model.register"
    MODEL_VERSION_REGISTERED = "model_version.register"
    MODEL_VERSION_CHANGED = "model_version.change"
    DEPLOYMENT_REQUESTED = "deployment.request"
    DEPLOYMENT_CHANGED = "deployment.change"
    ROUTE_FLIPPED = "route.flip"
    BENCHMARK_RUN = "benchmark.run"
