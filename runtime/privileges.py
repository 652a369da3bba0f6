"""Running a server that refuses root as somebody else.

The other user must reach the binaries and its data. A project in a folder closed to others (/root, a private home)
stops it; then the process is given the one capability that passes closed folders, and nothing else of root's.
Where even that is not ours to give, we say which folder is in the way.
"""

import ctypes
import os
import pwd
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_CHILD_SUBREAPER = 36
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
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
        prctl(PR_SET_KEEPCAPS, 1)
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
    user = _somebody(os.stat(owner_of).st_uid)
    for capability in (None, CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        identity = Identity(uid=user.pw_uid, gid=user.pw_gid, name=user.pw_name, capability=capability)
        if all(_can_read(identity, path) for path in paths):
            return identity
    plain = Identity(uid=user.pw_uid, gid=user.pw_gid, name=user.pw_name)
    wall = next(
        folder for path in paths for folder in [*reversed(path.parents), path] if not _can_read(plain, folder)
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
    raise OutOfReach("PostgreSQL refuses to run as root, and this machine has no user `nobody`; start as an ordinary user.")


def _can_read(identity: Identity, path: Path) -> bool:
    """Whether `identity` gets to `path`: tried in a child, since access rules have too many exceptions to compute."""
    pid = os.fork()
    if pid == 0:
        try:
            become(identity)
            # Not os.access: it leaves the kept capability out of account. "/." asks to enter, not only to see.
            os.stat(f"{path}/.") if stat.S_ISDIR(os.stat(path).st_mode) else os.stat(path)
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0
