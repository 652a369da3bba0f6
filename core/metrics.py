"""What every process counts where the work is done, for Prometheus; `docs/operations.md` says what each is for.

What is read from the database and Redis at a scrape is in `inspection.services.present`.
"""

import prometheus_client
from prometheus_client import Counter, Histogram

# When each series began: a second series per series that nobody asks for.
prometheus_client.disable_created_metrics()

# Bounds where the promises are: an image in 0.5 and 0.7 s at load, in 2 s at worst, in 0.5 s from the cache.
_IMAGE_S = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 2.0, 5.0, 10.0)
# A hundred images may take a minute.
_BATCH_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
_VERSION = ("model", "version")

INFERENCE_SECONDS = Histogram(
    "waferdeck_inference_seconds", "Triton's answer about one image, repeats included.", _VERSION, buckets=_IMAGE_S
)
INFERENCE_ERRORS = Counter(
    "waferdeck_inference_errors_total", "Images Triton gave no usable answer about, by kind.", (*_VERSION, "code")
)
INFERENCE_RETRIES = Counter("waferdeck_inference_retries_total", "Calls of Triton made again, by why.", ("code",))
RUN_SECONDS = Histogram(
    "waferdeck_run_seconds",
    "A finished run, from taking it up to its judgement.",
    (*_VERSION, "cached"),
    buckets=_IMAGE_S,
)
BATCH_SECONDS = Histogram(
    "waferdeck_batch_seconds", "A finished batch, from its upload to its last image.", _VERSION, buckets=_BATCH_S
)
RUNS_FAILED = Counter("waferdeck_failed_runs_total", "Runs set aside as failed, by why.", ("code",))
RUNS_PUT_BACK = Counter("waferdeck_put_back_runs_total", "Runs put back into the queue, by why.", ("code",))
LEASE_EXPIRIES = Counter("waferdeck_lease_expiries_total", "Runs taken from a worker that fell silent.")
MODEL_LOADS = Counter(
    "waferdeck_model_loads_total", "Loadings of a version by Triton, by outcome.", (*_VERSION, "outcome")
)
MODEL_RELOADS = Counter("waferdeck_model_reloads_total", "Loadings of a version that Triton had lost.", _VERSION)
REQUESTS_REFUSED = Counter(
    "waferdeck_refused_requests_total", "Requests answered before or instead of their view, by why.", ("lane", "code")
)
