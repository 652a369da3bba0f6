"""Django's settings. Everything that differs between installations comes from `config.env`."""

import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ

from config.env import BadEnvironment, from_process, of_gpu

BASE_DIR = Path(__file__).resolve().parent.parent
try:
    ENV = from_process()
except BadEnvironment as fault:
    sys.exit(str(fault))

WAFERDECK_VERSION = "0.1.0"


def _git_commit() -> str:
    """The commit of this folder; "unknown" where there is none, or no git, as in the image of docker/Dockerfile."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=BASE_DIR, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return "unknown"
    return answer.stdout.strip() or "unknown"


CODE_VERSION = ENV["CODE_VERSION"] or _git_commit()
SECRET_KEY = ENV["SECRET_KEY"]
DEBUG = ENV["DEBUG"]
ALLOWED_HOSTS = ENV["ALLOWED_HOSTS"]
CSRF_TRUSTED_ORIGINS = ENV["CSRF_TRUSTED_ORIGINS"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "core",
    "outbox",
    "audit",
    "accounts",
    "models_admin",
    "inspection",
    "annotations",
    "experiments",
    "demo",
]

MIDDLEWARE = [
    "core.middleware.RequestIdMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core.middleware.OwnOriginMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.ContentPolicyMiddleware",
    "core.middleware.PrivacyMiddleware",
    "core.middleware.OutageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.middleware.PageMessagesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.middleware.ReadableQueryMiddleware",
    "core.middleware.PolicyMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.page",
            ],
        },
    }
]

# --- data -----------------------------------------------------------------------------------------------------------


def database(url: str, *, statement_timeout_ms: int) -> dict[str, Any]:
    settings = environ.Env.db_url_config(url, engine="core.postgres")
    settings["CONN_HEALTH_CHECKS"] = True
    settings["OPTIONS"] = {
        **settings.get("OPTIONS", {}),
        "connect_timeout": 2,
        # Only what asks for it is prepared, at once: other texts hold their values, and are never the same again.
        "prepare_threshold": 2**31,
        # A network that swallows everything is noticed within seconds, not hours.
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        "tcp_user_timeout": 5000,
        "options": (
            f"-c statement_timeout={statement_timeout_ms} -c lock_timeout=2000"
            # A process that stands still in the middle of a transaction keeps others from its rows no longer than this.
            " -c idle_in_transaction_session_timeout=10000"
            # What is prepared (`core.prepared`) has every constant in its text, so one plan does for all values.
            " -c plan_cache_mode=force_generic_plan"
        ),
    }
    if ENV["DATABASE_POOL_MAX"]:
        settings["OPTIONS"]["pool"] = {"min_size": 1, "max_size": ENV["DATABASE_POOL_MAX"], "timeout": 3}
    else:
        settings["CONN_MAX_AGE"] = 600
    return settings


# Tables belong to another role than the one that serves requests; only these commands act as it.
AS_OWNER = sys.argv[1:2] in (["migrate"], ["makemigrations"], ["sqlmigrate"], ["flush"])
# An index of a large table takes its time; one that is broken off stays behind, invalid.
STATEMENT_TIMEOUT_MS = 0 if AS_OWNER else ENV["DATABASE_STATEMENT_TIMEOUT_MS"]
DATABASES = {
    "default": database(
        (AS_OWNER and ENV["DATABASE_MIGRATION_URL"]) or ENV["DATABASE_URL"], statement_timeout_ms=STATEMENT_TIMEOUT_MS
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = ENV["REDIS_URL"]


def _storage(url: str) -> dict[str, Any]:
    parts = environ.urlparse(url)
    if parts.scheme == "file":
        return {
            "BACKEND": "core.image_store.DurableFileSystemStorage",
            "OPTIONS": {"location": str(BASE_DIR / parts.path)},
        }
    if parts.scheme == "s3":
        tls = "tls=0" not in parts.query
        return {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "endpoint_url": f"{'https' if tls else 'http'}://{parts.hostname}:{parts.port or (443 if tls else 80)}",
                # Keys hold slashes and pluses, which an address can only have in percent form.
                "access_key": parts.username and unquote(parts.username),
                "secret_key": parts.password and unquote(parts.password),
                "bucket_name": parts.path.strip("/"),
                "signature_version": "s3v4",
                "addressing_style": "path",
                "file_overwrite": True,
                "querystring_auth": True,
            },
        }
    sys.exit(f"STORAGE_URL must start with file:// or s3://, not {parts.scheme!r}")


STORAGES = {
    "default": _storage(ENV["STORAGE_URL"]),
    # With DEBUG pages are written: their files are served as they lie there.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "core.static_files.HashedStaticFiles"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ENV["STATIC_ROOT"]
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_MAX_AGE = 0
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
DATA_UPLOAD_MAX_NUMBER_FILES = 100
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20

# --- jobs -----------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_TASK_TIME_LIMIT = 58
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "global_keyprefix": "celery:",
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "socket_keepalive": True,
}
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_200_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20.0
CELERY_TASK_PUBLISH_RETRY = False
# A training takes minutes to hours; it has a worker of its own, so that nothing waits behind it.
CELERY_TASK_ROUTES = {
    "models_admin.train": {"queue": "training"},
    "models_admin.make_variant": {"queue": "training"},
    "models_admin.clear_away_trainings": {"queue": "training"},
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "sweep-runs": {"task": "inspection.sweep", "schedule": ENV["SWEEP_EVERY_S"], "options": {"expires": 10}},
    "keep-queues": {"task": "annotations.keep_queues", "schedule": 3.0, "options": {"expires": 6}},
    "build-datasets": {"task": "annotations.build_datasets", "schedule": 5.0, "options": {"expires": 10}},
    "weigh-training-rules": {
        "task": "annotations.weigh_training_rules",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "examine-model-files": {"task": "models_admin.examine_waiting", "schedule": 15.0, "options": {"expires": 30}},
    "sweep-model-work": {"task": "models_admin.sweep_work", "schedule": 5.0, "options": {"expires": 10}},
    "reconcile-deployments": {"task": "models_admin.reconcile", "schedule": 5.0, "options": {"expires": 10}},
    "clear-away-trainings": {
        "task": "models_admin.clear_away_trainings",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "dataset-housekeeping": {"task": "annotations.housekeeping", "schedule": 3600.0, "options": {"expires": 600}},
    "housekeeping": {"task": "inspection.housekeeping", "schedule": 3600.0, "options": {"expires": 600}},
}

# --- people ---------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
# Tokens are rows of ours; Knox's own table would stand empty beside them.
MIGRATION_MODULES = {"knox": None}
KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "inspection:wall"
PASSWORD_HASHERS = [
    "core.passwords.Argon2id",
    # Of accounts made before Argon2id; each is kept anew at its next sign-in.
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("UserAttributeSimilarityValidator", {}),
    )
]
SESSION_ENGINE = "core.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.problems.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV["SECURE_COOKIES"]
# Such a name a browser takes from this host over HTTPS alone: no neighbour of its domain can put a cookie in our place.
COOKIE_PREFIX = "__Host-" if ENV["SECURE_COOKIES"] else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SECURE_HSTS_SECONDS = 31_536_000 if ENV["SECURE_COOKIES"] else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV["TRUSTED_PROXIES"] else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- API ------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "core.authentication.ScopedTokenAuthentication",
        "core.authentication.PageSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.permissions.PolicyPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "core.schema.PlainSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "core.problems.handle",
    "STRICT_JSON": True,
    "UNICODE_JSON": True,
    # `?format=` is no field of ours.
    "URL_FORMAT_OVERRIDE": None,
}
# Who put refusals into the trail; the table itself is judged in `core`, which knows no trail.
RECORD_REFUSAL = "accounts.services.record_refusal"
RECORD_REFUSED_HANDSHAKE = "accounts.consumers.record_refused_handshake"
REST_KNOX = {
    "TOKEN_MODEL": "accounts.ApiToken",
    "AUTO_REFRESH": False,
    "TOKEN_TTL": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Waferdeck",
    "DESCRIPTION": "Automated wafer inspection: images in, defects out, people's corrections, models and their trail.",
    "VERSION": WAFERDECK_VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["core.permissions.PolicyPermission"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RunStateEnum": "inspection.choices.RunState",
        "JobStateEnum": "inspection.choices.JobState",
        "ItemStateEnum": "inspection.choices.ItemState",
        "ComponentStateEnum": "inspection.serializers.documented.COMPONENT_STATES",
        "SystemStateEnum": "inspection.serializers.documented.SYSTEM_STATES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.add_problems",
        "config.openapi.add_sockets",
    ],
}

# --- inspection -----------------------------------------------------------------------------------------------------

UPLOAD_MAX_BYTES = ENV["UPLOAD_MAX_BYTES"]
BATCH_MAX_BYTES = ENV["BATCH_MAX_BYTES"]
IMPORT_MAX_BYTES = ENV["IMPORT_MAX_BYTES"]
MODEL_MAX_BYTES = ENV["MODEL_MAX_BYTES"]
IMAGE_MAX_PIXELS = ENV["IMAGE_MAX_PIXELS"]
DECODER_WORKERS = ENV["DECODER_WORKERS"]
DECODER_WAITING = ENV["DECODER_WAITING"]
PREDICT_CONCURRENCY = ENV["PREDICT_CONCURRENCY"]
PREDICT_WAITING = ENV["PREDICT_WAITING"]
PREDICT_WAIT_MS = ENV["PREDICT_WAIT_MS"]
IMAGES_PER_ACCOUNT = ENV["IMAGES_PER_ACCOUNT"]
IMAGES_PER_ADDRESS = ENV["IMAGES_PER_ADDRESS"]
INFERENCE_DEADLINE_MS = ENV["INFERENCE_DEADLINE_MS"]
RUN_LEASE_S = ENV["RUN_LEASE_S"]
SWEEP_EVERY_S = ENV["SWEEP_EVERY_S"]
RUN_MAX_ATTEMPTS = ENV["RUN_MAX_ATTEMPTS"]
PREDICTION_CACHE_TTL_S = ENV["PREDICTION_CACHE_TTL_S"]
SOCKET_QUEUE = ENV["SOCKET_QUEUE"]
SOCKETS_PER_ACCOUNT = ENV["SOCKETS_PER_ACCOUNT"]
TRITON_GRPC_URL = ENV["TRITON_GRPC_URL"]
TRITON_HTTP_URL = ENV["TRITON_HTTP_URL"]
TRITON_METRICS_URL = ENV["TRITON_METRICS_URL"]
WORKER_METRICS_ADDRESS = ENV["WORKER_METRICS_ADDRESS"]
TRITON_INSTANCES = ENV["TRITON_INSTANCES"]
TRITON_GPU = ENV["TRITON_GPU"]
MODEL_REPOSITORY_DIR = ENV["MODEL_REPOSITORY_DIR"]
MODEL_ZOO_DIR = ENV["MODEL_ZOO_DIR"]
TRAINING_DIR = ENV["TRAINING_DIR"]
TRAINING_THREADS = ENV["TRAINING_THREADS"]
GPU_ENVIRONMENT = of_gpu()
MLFLOW_URL = ENV["MLFLOW_URL"]
DEMO_PASSWORD = ENV["WAFERDECK_DEMO_PASSWORD"]
TRUSTED_PROXIES = ENV["TRUSTED_PROXIES"]

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING_CONFIG = "core.logs.configure"
LOGGING = {"level": ENV["LOG_LEVEL"]}
