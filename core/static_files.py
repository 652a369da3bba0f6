"""Pages' files under names that change with their content, so that a browser keeps them for good."""

import base64
import functools
import hashlib
import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Vendored scripts are whole: they import nothing of ours, and nothing imports them.
NOT_MODULES = "vendor"
_IMPORT = re.compile(r"""^\s*(?:import|export)\b[^"'\n]*["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Names with digests, and gzip beside each text. Brotli would save a tenth more and take a minute longer."""

    def create_compressor(self, **options: Any) -> Compressor:
        return Compressor(use_brotli=False, **options)


@functools.cache
def import_map() -> str:
    """Where a browser finds each module under the name by which others import it, as JSON; empty without digests.

    Digests stay out of the modules themselves: one that changes leaves those that import it as they were.
    """
    addresses = {f"{settings.STATIC_URL}{name}": static(name) for name in _modules()}
    moved = {plain: hashed for plain, hashed in addresses.items() if plain != hashed}
    return json.dumps({"imports": moved}, separators=(",", ":")) if moved else ""


def script_sources() -> list[str]:
    """What the content policy admits beside our files: the import map by its digest; browsers take it inline only."""
    if not import_map():
        return []
    digest = hashlib.sha256(import_map().encode()).digest()
    return [f"'sha256-{base64.b64encode(digest).decode()}'"]


@functools.cache
def modules_needed(name: str) -> tuple[str, ...]:
    """A module after all that it imports, however far away, so that a page asks for them all at once."""
    found: dict[str, None] = {}

    def visit(module: str) -> None:
        if module not in found:
            found[module] = None
            for imported in _imports_of(module):
                visit(imported)

    visit(name)
    return tuple(reversed(found))


def _imports_of(module: str) -> Iterator[str]:
    # Split, because a name out of a template is no plain string, which pathlib insists on.
    text = _folder().joinpath(*module.split("/")).read_text()
    for path in _IMPORT.findall(text):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(module), path))


def _modules() -> list[str]:
    names = (path.relative_to(_folder()).as_posix() for path in _folder().rglob("*.js"))
    return sorted(name for name in names if not name.startswith(f"{NOT_MODULES}/"))


def _folder() -> Path:
    return Path(settings.STATICFILES_DIRS[0])
