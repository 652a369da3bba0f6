"""Where one instance keeps its things. Everything lies under its own `var` folder."""

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent
# One copy for all instances: 150 MB that never change.
TRITON_DIR = PROJECT_DIR / "var" / "tritonserver"


@dataclass(frozen=True)
class Layout:
    """Paths of the instance whose folder is `var_dir` (absolute)."""

    var_dir: Path

    @classmethod
    def of(cls, folder: str | os.PathLike[str] | None) -> "Layout":
        """The instance kept in `folder`: the argument, else WAFERDECK_VAR, else `var` in the project."""
        chosen = folder or os.environ.get("WAFERDECK_VAR") or "var"
        return cls(var_dir=(PROJECT_DIR / chosen).resolve())

    @property
    def state_path(self) -> Path:
        return self.var_dir / "state.json"

    @property
    def lock_path(self) -> Path:
        return self.var_dir / "supervisor.lock"

    @property
    def keys_path(self) -> Path:
        return self.var_dir / "keys.json"

    @property
    def done_path(self) -> Path:
        return self.var_dir / "done.json"

    @property
    def log_dir(self) -> Path:
        return self.var_dir / "log"

    @property
    def tmp_dir(self) -> Path:
        return self.var_dir / "tmp"

    @property
    def cache_dir(self) -> Path:
        return self.var_dir / "cache"

    @property
    def postgres_dir(self) -> Path:
        return self.var_dir / "postgres"

    @property
    def redis_dir(self) -> Path:
        return self.var_dir / "redis"

    @property
    def triton_dir(self) -> Path:
        return self.var_dir / "triton"

    @property
    def models_dir(self) -> Path:
        return self.var_dir / "models"

    @property
    def training_dir(self) -> Path:
        return self.var_dir / "training"

    @property
    def storage_dir(self) -> Path:
        return self.var_dir / "storage"

    @property
    def static_dir(self) -> Path:
        return self.var_dir / "static"

    @property
    def beat_path(self) -> Path:
        return self.var_dir / "beat" / "schedule"

    def log_path(self, name: str) -> Path:
        return self.log_dir / f"{name}.log"

    def make(self) -> None:
        """Create the folders every process may write to, closed to the other users of the machine."""
        kept = (self.models_dir, self.storage_dir, self.beat_path.parent, self.redis_dir, self.triton_dir)
        for folder in (*kept, self.static_dir, self.log_dir, self.tmp_dir, self.cache_dir):
            folder.mkdir(parents=True, exist_ok=True)
            _close(folder, 0o700)
        # PostgreSQL refuses root and then runs as somebody else, who has to get through to his own folder.
        _close(self.var_dir, 0o711 if os.geteuid() == 0 else 0o700)


def _close(folder: Path, mode: int) -> None:
    # A folder of somebody else, lent to us, is theirs to close.
    with contextlib.suppress(PermissionError):
        folder.chmod(mode)


def scripts_dir() -> Path:
    """The `bin` folder of the virtual environment that runs us."""
    return Path(sys.prefix) / "bin"
