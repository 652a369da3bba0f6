"""An MLflow tracking server: its registry read and written by REST, its artefacts through its own proxy.

The address comes from the settings and from nowhere else. Every call has a deadline, every answer a largest size, and
no redirect is followed.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

import requests

from models_admin.errors import MlflowAway, MlflowRefused

CONNECT_S, READ_S = 3.0, 15.0
DOWNLOAD_S = 600.0
MOST_JSON_BYTES = 4 * 2**20
MOST_VERSIONS = 200
_BLOCK_BYTES = 2**18
_API = "/api/2.0/mlflow/"
_ARTEFACTS = "/api/2.0/mlflow-artifacts/artifacts"
_SCHEME = "mlflow-artifacts:/"


@dataclass(frozen=True)
class RemoteVersion:
    """A version in the registry of an MLflow server."""

    name: str
    version: str
    stage: str
    aliases: tuple[str, ...]
    run_id: str
    status: str
    description: str
    created_ms: int
    tags: Mapping[str, str] = field(default_factory=dict)


class Mlflow:
    """One server. Not shared between threads."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self._session = requests.Session()
        # What a proxy of the environment would make of it is nobody's business.
        self._session.trust_env = False

    def server_version(self) -> str:
        """Raises MlflowAway, MlflowRefused."""
        return self._bytes("GET", "/version", most=1000).decode(errors="replace").strip()

    def sources(self, *, limit: int) -> list[tuple[str, str]]:
        """Names and descriptions of registered models, at most `limit` of them."""
        found = self._call("GET", "registered-models/search", params={"max_results": str(limit)})
        return [(one["name"], one.get("description", "")) for one in found.get("registered_models", [])]

    def versions(self, name: str) -> list[RemoteVersion]:
        """Versions of a registered model, newest first, each with its aliases."""
        aliases = self._aliases(name)
        quoted = name.replace("'", "''")
        params = {"filter": f"name='{quoted}'", "max_results": str(MOST_VERSIONS)}
        found = self._call("GET", "model-versions/search", params=params).get("model_versions", [])
        rows = [_version(one, aliases=aliases) for one in found]
        return sorted(rows, key=lambda one: int(one.version), reverse=True)

    def resolve(self, name: str, *, alias: str = "", stage: str = "", version: str = "") -> RemoteVersion:
        """The version behind an alias, the newest in a stage, or the one of a number.

        Raises:
            MlflowRefused: there is none.
        """
        for one in self.versions(name):
            if (
                (alias and alias in one.aliases)
                or (stage and one.stage == stage)
                or (version and one.version == version)
            ):
                return one
        wanted = f"alias {alias}" if alias else f"stage {stage}" if stage else f"version {version}"
        raise MlflowRefused(f"{name} has nothing under {wanted}.")

    def folder_of(self, version: RemoteVersion) -> str:
        """Where the artefacts of a version lie, below the server's proxy.

        Raises:
            MlflowRefused: elsewhere, where we do not go.
        """
        params = {"name": version.name, "version": version.version}
        address = self._call("GET", "model-versions/get-download-uri", params=params)["artifact_uri"]
        if not address.startswith(_SCHEME):
            where = f"{urlsplit(address).scheme}:" if urlsplit(address).scheme else "a folder"
            raise MlflowRefused(f"Its files lie in {where}, not behind the server. Start it with --serve-artifacts.")
        return str(address).removeprefix(_SCHEME).lstrip("/")

    def files(self, folder: str) -> dict[str, int]:
        """Files of a folder and of those in it, with their sizes; two levels."""
        found: dict[str, int] = {}
        for one in self._listed(folder):
            if one.get("is_dir"):
                for inner in self._listed(f"{folder}/{one['path']}"):
                    if not inner.get("is_dir"):
                        found[f"{one['path']}/{inner['path'].rsplit('/', 1)[-1]}"] = int(inner.get("file_size", 0))
            else:
                found[one["path"]] = int(one.get("file_size", 0))
        return found

    def read(self, path: str, *, most: int) -> bytes:
        """A small file."""
        return self._bytes("GET", f"{_ARTEFACTS}/{quote(path)}", most=most)

    def download(self, path: str, *, to: BinaryIO, most: int, tell: Callable[[int], None]) -> None:
        """A large file, written block by block.

        Args:
            tell: called with the bytes so far.
        """
        done, until_s = 0, time.monotonic() + DOWNLOAD_S
        with self._opened("GET", f"{_ARTEFACTS}/{quote(path)}") as answer:
            for block in _blocks(answer):
                done += len(block)
                if done > most:
                    raise MlflowRefused(f"{path} is larger than {most >> 20} MiB.")
                if time.monotonic() > until_s:
                    raise MlflowAway(f"{path} was not there after {DOWNLOAD_S:.0f} s.")
                to.write(block)
                tell(done)

    def upload(self, path: str, content: bytes) -> None:
        self._bytes("PUT", f"{_ARTEFACTS}/{quote(path)}", most=MOST_JSON_BYTES, data=content)

    def post(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        """A change, as MLflow's REST documents it."""
        return self._call("POST", call, json=body)

    def get(self, call: str, **params: str) -> dict[str, Any]:
        return self._call("GET", call, params=params)

    def _aliases(self, name: str) -> dict[str, list[str]]:
        model = self._call("GET", "registered-models/get", params={"name": name})["registered_model"]
        found: dict[str, list[str]] = {}
        for one in model.get("aliases", []):
            found.setdefault(str(one["version"]), []).append(one["alias"])
        return found

    def _listed(self, folder: str) -> list[dict[str, Any]]:
        answer = self._bytes("GET", _ARTEFACTS, most=MOST_JSON_BYTES, params={"path": folder})
        listed: list[dict[str, Any]] = _json(answer).get("files", [])
        return listed[:500]

    def _call(self, method: str, call: str, **options: Any) -> dict[str, Any]:
        return _json(self._bytes(method, _API + call, most=MOST_JSON_BYTES, **options))

    def _bytes(self, method: str, path: str, *, most: int, **options: Any) -> bytes:
        content = b""
        with self._opened(method, path, **options) as answer:
            for block in _blocks(answer):
                content += block
                if len(content) > most:
                    raise MlflowRefused(f"Its answer is larger than {most >> 10} KiB.")
        return content

    def _opened(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            answer = self._session.request(
                method,
                self._address + path,
                timeout=(CONNECT_S, READ_S),
                allow_redirects=False,
                stream=True,
                **options,
            )
        except requests.RequestException as fault:
            raise MlflowAway(f"MLflow does not answer ({type(fault).__name__}).") from fault
        if answer.status_code >= 500:
            answer.close()
            raise MlflowAway(f"MLflow answered {answer.status_code}.")
        if answer.status_code != 200:
            detail = _detail(answer)
            answer.close()
            raise MlflowRefused(f"MLflow answered {answer.status_code}{detail}.")
        return answer


def shown_address(address: str) -> str:
    """The address without what only the server should know."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}" if host else ""


def _version(one: dict[str, Any], *, aliases: dict[str, list[str]]) -> RemoteVersion:
    return RemoteVersion(
        name=one["name"],
        version=str(one["version"]),
        stage=one.get("current_stage") or "None",
        aliases=tuple(sorted(aliases.get(str(one["version"]), []))),
        run_id=one.get("run_id", ""),
        status=one.get("status", ""),
        description=one.get("description", "")[:500],
        created_ms=int(one.get("creation_timestamp", 0)),
        tags={tag["key"]: str(tag.get("value", ""))[:500] for tag in one.get("tags", [])[:50]},
    )


def _blocks(answer: requests.Response) -> Iterator[bytes]:
    try:
        yield from answer.iter_content(_BLOCK_BYTES)
    except requests.RequestException as fault:
        raise MlflowAway(f"MLflow's answer broke off ({type(fault).__name__}).") from fault


def _json(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError) as fault:
        raise MlflowRefused("Its answer is no JSON: is this an MLflow server?") from fault
    if not isinstance(said, dict):
        raise MlflowRefused("Its answer is no object: is this an MLflow server?")
    return said


def _detail(answer: requests.Response) -> str:
    try:
        said = json.loads(answer.raw.read(4000, decode_content=True))
        return f": {str(said['message'])[:300]}"
    except Exception:
        return ""
