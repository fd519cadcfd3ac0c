"""What a process job may ask for, and the surroundings it gets."""

import os
import pwd
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from runfold.contracts.executor import Assignment
from runfold.contracts.values import JobSpec, Quantities


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a job runs as."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]


def identity(name: str | None) -> Identity | None:
    """The user that jobs drop to, when this runs as root; LookupError when there's no such user."""
    if not name or os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise LookupError(f"there is no user {name} to run processes as") from None
    return Identity(name, entry.pw_uid, entry.pw_gid, tuple(os.getgrouplist(name, entry.pw_gid)))


def interpreter_environment() -> dict[str, str]:
    """Of a Python that this one starts: what it finds its library by, and nothing that a job could have written."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


def refusal(assignment: Assignment, user: str) -> str | None:
    """What a process can't be given is refused, never silently ignored."""
    spec = assignment.spec
    asked = _impossible(spec, user)
    if asked:
        return f"{', '.join(asked)}: not with the process runtime; it needs docker"
    if not spec.command:
        return "a process needs a command"
    busy = [port for port in spec.ports if not _is_free(port)]
    return f"port {busy[0]} of the host is in use" if busy else None


def _impossible(spec: JobSpec, user: str) -> list[str]:
    asked = {
        "an image": spec.image,
        "an entrypoint": spec.entrypoint,
        "privileged": spec.privileged,
        "registry_auth": spec.registry_auth,
        "shm_size": spec.shm_size,
        "a limit of processes": spec.pids,
        "limits of resources": spec.limits != Quantities(),
        "GPUs": spec.requests.gpu,
        "volumes": any(not mount.optional for mount in spec.mounts),
        f"user {spec.user}": spec.user and spec.user != user,
    }
    return [name for name, value in asked.items() if value]


def _is_free(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def working_directory(home: Path, asked: str | None) -> Path:
    """`/workflow`, `/root` and relative paths lie inside the job's directory, and are made; others are the host's."""
    path = PurePosixPath(asked or "/workflow")
    if not path.is_absolute():
        path = PurePosixPath("/workflow") / path
    inside = path.parts[1:2] in (("workflow",), ("root",)) and ".." not in path.parts
    return home / path.relative_to("/") if inside else Path(path)


def variables(assignment: Assignment, home: Path, user: str) -> dict[str, str]:
    """Nothing of the executor's own environment but PATH: that holds the broker's password."""
    base = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        "HOME": str(home / "root"),
        "TMPDIR": str(home / "tmp"),
        "USER": user,
        "LOGNAME": user,
        "RUNFOLD_ATTEMPT_ID": assignment.attempt_id,
        "RUNFOLD_RUN_NAME": assignment.run_name,
    }
    return base | assignment.env
