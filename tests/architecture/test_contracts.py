"""What the import contracts themselves must not forget: every app's inside is protected as soon as it exists."""

import tomllib
from pathlib import Path

import pytest

PROJECT_DIR = Path(__file__).resolve().parents[2]
APPS = ("inspection", "annotations", "models_admin", "experiments")
INSIDE = (
    "admin", "api", "consumers", "datasets", "deployment", "forms", "intake", "pipeline", "serializers", "tasks",
    "views",
)  # fmt: skip
CONFIG = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]


@pytest.mark.parametrize("app", APPS)
def test_every_inner_module_of_an_app_is_protected(app):
    exists = {
        f"{app}.{name}"
        for name in INSIDE
        if (PROJECT_DIR / app / f"{name}.py").exists() or (PROJECT_DIR / app / name / "__init__.py").exists()
    }
    protected = {
        module
        for contract in CONFIG["contracts"]
        if contract["type"] == "protected"
        for module in contract["protected_modules"]
    }

    assert exists <= protected


def test_every_package_of_ours_is_under_contract():
    packages = {path.parent.name for path in PROJECT_DIR.glob("*/__init__.py")}

    assert packages - {"tests", "bench"} == set(CONFIG["root_packages"])
