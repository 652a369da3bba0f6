"""Running a server that refuses root as somebody else.

The other user must reach the binaries and its data. A project in a folder closed to others (/root, a private home)
stops it; then the process is given the one capability that passes closed folders, and nothing else of root's.
Where even that is not ours to give, we say which folder is in the way.
"""

import ctypes
import os
import pwd
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_SET_CHILD_SUBREAPER = 36
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 4
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


class OutOfReach(Exception):
    """No unprivileged user can get at the project's folder."""


@dataclass(frozen=True)
class Identity:
    """Who a process runs as; `capability` is the only one it keeps, if any."""

    uid: int
    gid: int
    name: str
    capability: int | None = None


def prctl(option: int, *arguments: int) -> None:
    """Call prctl(2).

    Raises:
        OSError: the kernel said no.
    """
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    if _libc.prctl(ctypes.c_int(option), *padded) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def become(identity: Identity) -> None:
    """Turn this process, just forked from root's, into `identity` for good."""
    if identity.capability is not None:
        # The kernel then leaves capabilities alone when the user changes, and counts them in access(2), which
        # initdb asks; those we do not mean to keep are given up below.
        prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    os.setgroups([])
    os.setgid(identity.gid)
    os.setuid(identity.uid)
    if identity.capability is not None:
        _keep_only(identity.capability)


def _keep_only(capability: int) -> None:
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    mask = 1 << capability
    # effective, permitted, inheritable of capabilities 0-31, then the same of 32-63
    data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    if _libc.capset(header, data) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def unprivileged(*, reach: Iterable[Path], owner_of: Path) -> Identity | None:
    """Who should run a server that refuses root; None when we are not root ourselves.

    Args:
        reach: files and folders that user must be able to read.
        owner_of: preferably the user who owns this folder, so that they can delete what the server writes.

    Raises:
        OutOfReach: no way was found; the message names the folder in the way and what to do.
    """
    if os.geteuid() != 0:
        return None
    paths = [path.resolve() for path in reach]
    user = _somebody(owner_of.stat().st_uid)
    for capability in (None, CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        identity = Identity(uid=user.pw_uid, gid=user.pw_gid, name=user.pw_name, capability=capability)
        if all(_can_read(identity, path) for path in paths):
            return identity
    plain = Identity(uid=user.pw_uid, gid=user.pw_gid, name=user.pw_name)
    wall = next(
        (folder for path in paths for folder in reversed(path.parents) if not _can_enter(plain, folder)), paths[0]
    )
    raise OutOfReach(
        f"PostgreSQL refuses to run as root, and the user {user.pw_name!r} cannot enter {wall}. "
        f"Either `chmod o+x {wall}`, or move the project to a folder others may enter, or start it as an ordinary user."
    )


def _somebody(owner_uid: int) -> pwd.struct_passwd:
    candidates = [owner_uid] if owner_uid else []
    for name in ("nobody", "daemon"):
        try:
            candidates.append(pwd.getpwnam(name).pw_uid)
        except KeyError:
            continue
    for uid in candidates:
        try:
            return pwd.getpwuid(uid)
        except KeyError:
            continue
    raise OutOfReach("PostgreSQL refuses to run as root, and there is no user `nobody`; start as an ordinary user.")


def _can_enter(identity: Identity, folder: Path) -> bool:
    return _as_other(identity, lambda: os.access(folder, os.X_OK))


def _can_read(identity: Identity, path: Path) -> bool:
    return _as_other(identity, lambda: os.access(path, os.R_OK | os.X_OK))


def _as_other(identity: Identity, question: Callable[[], bool]) -> bool:
    """The answer `identity` gets: asked in a child, since access rules have too many exceptions to compute."""
    pid = os.fork()
    if pid == 0:
        try:
            become(identity)
            os._exit(0 if question() else 1)
        except BaseException:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0
