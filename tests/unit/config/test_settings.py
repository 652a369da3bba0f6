"""What the settings make of the machine they are read on, and of passwords."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

PROJECT_DIR = Path(__file__).resolve().parents[3]


def test_are_read_where_there_is_no_git(tmp_path):
    read = subprocess.run(
        [sys.executable, "-c", "from config import settings; print(settings.CODE_VERSION)"],
        cwd=PROJECT_DIR,
        env={"PATH": str(tmp_path), "SECRET_KEY": "x"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (read.returncode, read.stdout.strip()) == (0, "unknown"), read.stderr


def test_a_password_of_eleven_characters_is_refused():
    with pytest.raises(ValidationError, match="at least 12"):
        validate_password("notch7!left")


def test_a_password_of_twelve_is_taken():
    validate_password("notch7!right")
