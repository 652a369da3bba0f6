"""Names that change with content: modules find each other through the import map, and the policy knows it."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.template import engines

from core import static_files
from core.middleware import ContentPolicyMiddleware

STATIC = Path(__file__).resolve().parents[3] / "static"
PAGE = "{% load waferdeck %}{% import_map %}{% module 'styleguide.js' %}{% module 'inspection/wall.js' %}"


@pytest.fixture
def _nothing_remembered_of_modules():
    static_files.import_map.cache_clear()
    yield
    static_files.import_map.cache_clear()


@pytest.fixture
def collected(settings, tmp_path, _nothing_remembered_of_modules):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "core.static_files.HashedStaticFiles"}}
    call_command("collectstatic", "--no-input", "--verbosity", "0")
    return tmp_path


def _rendered() -> str:
    return engines["django"].from_string(PAGE).render({})


def test_each_module_is_under_the_digest_of_what_it_is(collected):
    imports = json.loads(static_files.import_map())["imports"]

    assert set(imports) == {
        f"/static/{path.relative_to(STATIC).as_posix()}" for path in STATIC.rglob("*.js") if "vendor" not in path.parts
    }
    for address in imports.values():
        content = (collected / address.removeprefix("/static/")).read_bytes()
        assert hashlib.md5(content).hexdigest()[:12] in address


def test_the_policy_admits_the_import_map_of_the_page_and_nothing_else_inline(collected):
    inline = re.findall(r"<script[^>]*importmap[^>]*>(.*?)</script>", _rendered())
    answer = ContentPolicyMiddleware(lambda request: {})  # type: ignore[arg-type,return-value]

    digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in f"{answer.policy};"
    assert "unsafe" not in answer.policy


def test_a_page_asks_at_once_for_all_that_its_modules_import_and_for_nothing_twice(collected):
    page = _rendered()
    preloaded = re.findall(r'modulepreload" href="/static/([^"]+)\.[0-9a-f]{12}\.js"', page)

    assert "shared/dom" in preloaded
    assert len(preloaded) == len(set(preloaded))
    assert page.index("importmap") < page.index("modulepreload") < page.index('type="module"')


def test_without_digests_there_is_neither_map_nor_exception(_nothing_remembered_of_modules):
    assert static_files.import_map() == ""
    assert static_files.script_sources() == []
    assert '<script type="module" src="/static/styleguide.js">' in _rendered()
    assert staticfiles_storage.url("shared/dom.js") == "/static/shared/dom.js"


def test_what_a_module_needs_is_found_through_all_its_imports():
    needed = static_files.modules_needed("shared/shell.js")

    assert needed[-1] == "shared/shell.js"
    assert {"shared/connection.js", "shared/http.js", "shared/formats.js"} <= set(needed)


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.js")), ids=lambda path: path.relative_to(STATIC).as_posix())
def test_every_import_leads_to_a_module_of_ours(path):
    if "vendor" not in path.parts:
        name = path.relative_to(STATIC).as_posix()
        assert all((STATIC / needed).is_file() for needed in static_files.modules_needed(name))
