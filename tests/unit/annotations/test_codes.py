"""Whoever reads `docs/api.md` finds every refusal of review that they may meet."""

import inspect
from pathlib import Path

import pytest

from annotations import errors
from core.errors import WaferdeckError

DOCUMENTED = (Path(__file__).parents[3] / "docs/api.md").read_text()
CODES = sorted(
    one.code
    for _, one in inspect.getmembers(errors, inspect.isclass)
    if issubclass(one, WaferdeckError) and one.__module__ == errors.__name__
)


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_documented(code):
    assert f"| `{code}`" in DOCUMENTED or f", `{code}`" in DOCUMENTED
