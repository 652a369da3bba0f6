"""Names of what open pages hear about."""

RUN_QUEUED = "run.queued"
RUN_STARTED = "run.started"
RUN_WAITING = "run.waiting"
RUN_DONE = "run.done"
RUN_FAILED = "run.failed"
RUN_CANCELLED = "run.cancelled"
JOB_CHANGED = "job.changed"
SYSTEM_CHANGED = "system.changed"
WAFER_HELD = "wafer.held"
WAFER_RELEASED = "wafer.released"


def site_topic(site_id: int) -> str:
    return f"site:{site_id}"


def wafer_topic(wafer_id: object) -> str:
    return f"wafer:{wafer_id}"


def job_topic(job_id: object) -> str:
    return f"job:{job_id}"
