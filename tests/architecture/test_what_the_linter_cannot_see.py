"""Dependencies that are strings: foreign keys, task names, dotted paths in settings, variables of the environment."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string

from config.celery import app as celery

PROJECT_DIR = Path(__file__).resolve().parents[2]
# From the bottom up, as in pyproject.toml.
LAYERS = ["core", "outbox", "audit", "accounts", "models_admin", "inspection", "annotations", "experiments", "demo"]
OURS = [*LAYERS, "config"]
SOURCES = sorted(file for name in OURS for file in (PROJECT_DIR / name).rglob("*.py") if "migrations" not in file.parts)


def calls_of(*names):
    """Every call of a function of ours by one of these names: file, line and first argument."""
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in names and node.args:
                yield file.relative_to(PROJECT_DIR), node.lineno, node.args[0]


class TestForeignKeys:
    @pytest.mark.parametrize(
        "field",
        [
            field
            for model in apps.get_models()
            if model._meta.app_label in LAYERS
            for field in model._meta.get_fields()
            if field.is_relation and not field.auto_created and field.related_model._meta.app_label in LAYERS
        ],
        ids=str,
    )
    def test_point_down(self, field):
        own, other = field.model._meta.app_label, field.related_model._meta.app_label

        assert LAYERS.index(other) <= LAYERS.index(own)


class TestLocks:
    """A row locked against being referred to is how two come to wait for each other."""

    def test_leave_rows_to_be_referred_to(self):
        asked = [
            f"{file.relative_to(PROJECT_DIR)}:{node.lineno}"
            for file in SOURCES
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("select_for_update")
            and "no_key" not in {word.arg for word in node.keywords}
        ]
        written = [str(file.relative_to(PROJECT_DIR)) for file in SOURCES if re.search(r"FOR UPDATE", file.read_text())]

        assert asked + written == []


class TestTaskNames:
    def test_of_the_clock_exist(self):
        celery.loader.import_default_modules()
        wanted = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

        assert wanted - set(celery.tasks) == set()

    def test_that_services_call_exist(self):
        celery.loader.import_default_modules()
        named = {
            node.value.value
            for file in SOURCES
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Assign | ast.AnnAssign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            and re.fullmatch(r"(inspection|models_admin)\.[a-z_]+", node.value.value)
            and file.parent.name in ("services", "models_admin", "inspection")
        }
        given = {
            argument.value
            for _, _, argument in calls_of("enqueue", "enqueue_on_commit")
            if isinstance(argument, ast.Constant)
        }

        assert {name for name in named | given if "." in name} - set(celery.tasks) == set()

    def test_are_called_only_through_core(self):
        found = [
            f"{file}:{line}"
            for file, line, _ in calls_of("send_task", "apply_async", "delay")
            if file != Path("core/jobs.py")
        ]

        assert found == []


class TestDottedPaths:
    @pytest.mark.parametrize(
        "path",
        [
            settings.RECORD_REFUSAL,
            settings.RECORD_REFUSED_HANDSHAKE,
            settings.CSRF_FAILURE_VIEW,
            settings.LOGGING_CONFIG,
            settings.REST_FRAMEWORK["EXCEPTION_HANDLER"],
            settings.REST_FRAMEWORK["DEFAULT_SCHEMA_CLASS"],
            *settings.REST_FRAMEWORK["DEFAULT_PARSER_CLASSES"],
            *settings.REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"],
            *settings.REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"],
            *settings.SPECTACULAR_SETTINGS["POSTPROCESSING_HOOKS"],
            *settings.SPECTACULAR_SETTINGS["ENUM_NAME_OVERRIDES"].values(),
            *settings.MIDDLEWARE,
            *[
                f"core.problems.{name}"
                for name in ("bad_request", "permission_denied", "page_not_found", "server_error")
            ],
        ],
    )
    def test_of_the_settings_lead_somewhere(self, path):
        assert import_string(path)


class TestTheEnvironment:
    def test_is_read_in_one_file(self):
        readers = {
            str(file.relative_to(PROJECT_DIR))
            for file in SOURCES
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "os"
            and node.attr in ("environ", "getenv")
        }

        # asgi.py and celery.py name the settings module, which is how Django is started.
        assert readers <= {"config/env.py", "config/asgi.py", "config/celery.py"}


class TestTheClock:
    @pytest.mark.parametrize("layer", ["inspection/services", "inspection/selectors", "accounts", "audit", "outbox"])
    def test_is_read_through_core(self, layer):
        folder = PROJECT_DIR / layer
        readers = [
            f"{file.relative_to(PROJECT_DIR)}:{node.lineno}"
            for file in folder.rglob("*.py")
            if "migrations" not in file.parts
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("datetime.now", "timezone.now", "time.time")
        ]

        assert readers == []
