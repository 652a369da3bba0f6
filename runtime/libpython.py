"""The shared library of Python, which Triton's Python backend is linked with.

Debian's and Ubuntu's own Python does without it, and it is in a package of its own that is often not installed.
`python -m runtime.libpython` (part of `make setup`) then takes it from there, without installing anything.
"""

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from pathlib import Path

from runtime.layout import PROJECT_DIR

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
NAME = f"libpython{VERSION}.so.1.0"
OWN_DIR = PROJECT_DIR / "var" / "libpython"
ADVICE = (
    f"Triton's Python backend needs {NAME}, which is not on this machine: `apt-get install libpython{VERSION}`, "
    "or a Python built with --enable-shared, brings it"
)


def find() -> Path | None:
    """The folder that holds the library, None when no folder does."""
    return next((folder for folder in _folders() if (folder / NAME).exists()), None)


def fetch() -> bool:
    """Take the library out of the distribution's package into our own folder; says whether that went well."""
    # Only for the distribution's own Python: another build may differ in more than where its library is.
    if sys.base_prefix != "/usr" or not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        for argv in (["apt-get", "download", "-qq", f"libpython{VERSION}"], ["sh", "-c", "dpkg-deb -x *.deb ."]):
            if subprocess.run(argv, cwd=folder, capture_output=True, check=False, timeout=120).returncode:
                return False
        library = next((path for path in Path(folder).rglob(NAME) if path.is_file()), None)
        if library is None:
            return False
        OWN_DIR.mkdir(parents=True, exist_ok=True)
        shutil.copy2(library, OWN_DIR / NAME)
    return True


def _folders() -> Iterable[Path]:
    configured = sysconfig.get_config_var("LIBDIR")
    if configured:
        yield Path(configured)
    yield Path(sys.base_prefix) / "lib"
    for folder in ("/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/local/lib"):
        yield Path(folder)
    yield OWN_DIR


if __name__ == "__main__":
    if find() is None and not fetch():
        print(ADVICE)
