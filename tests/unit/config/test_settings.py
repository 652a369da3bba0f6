"""What the settings make of the machine they are read on."""

import subprocess
import sys
from pathlib import Path

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
