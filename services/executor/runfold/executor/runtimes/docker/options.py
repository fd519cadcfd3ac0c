"""What a job's container is made of, as the engine's API takes it."""

import posixpath
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from runfold.contracts.executor import Assignment
from runfold.contracts.values import JobSpec
from runfold.executor.runtimes.docker import mounts

LABEL = "runfold.attempt"
#: Of what is to stop where its host is cut off: seconds, seconds from the stop to the kill, and the heartbeat's file.
STOP_AFTER, STOP_GRACE, HEARTBEAT = "runfold.stop-after", "runfold.stop-after-grace", "runfold.heartbeat"
#: All capabilities are dropped but these, which ordinary images need: package managers and entrypoints that run as root
#: change owners and users, servers bind low ports, and supervisors end what they started. README.md has the list.
CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID")
#: Processes and threads of a container for which nothing else is asked: enough for any build, too few to hurt the host.
PIDS = 4096
#: The engine's own copy of the output is bounded. Of its drivers, this one keeps bytes that aren't UTF-8.
LOG_DRIVER = {"Type": "local", "Config": {"max-size": "100m", "max-file": "2", "compress": "false"}}


def name_of(attempt_id: str) -> str:
    return f"runfold-{attempt_id}"


def refusal(
    assignment: Assignment, default_image: str | None, allow_privileged: bool, allow_mounts: Sequence[Path]
) -> str | None:
    spec = assignment.spec
    if not (spec.image or default_image):
        return "a container needs an image"
    if spec.requests.gpu:
        return "GPUs: the docker runtime gives none yet"
    if spec.privileged and not allow_privileged:
        return "privileged: not allowed on this host (RUNFOLD_ALLOW_PRIVILEGED)"
    return mounts.refusal(spec.mounts, allow_mounts)


def place(path: str, base: str) -> PurePosixPath:
    """Where in the container a path of the job's lies; `base` is its working directory."""
    inside = PurePosixPath(path)
    if inside.parts[:1] == ("~",):
        inside = PurePosixPath("/root", *inside.parts[1:])
    return PurePosixPath(posixpath.normpath(PurePosixPath("/", base) / inside))


def numbers(user: str | None) -> tuple[int, int]:
    """User and group that own what is put into the container; a name is known within it alone, and root then has it."""
    uid, _, gid = (user or "").partition(":")
    return (int(uid) if uid.isdecimal() else 0), (int(gid) if gid.isdecimal() else 0)


def container(
    assignment: Assignment, image: str, heartbeat: Path | None, allow_mounts: Sequence[Path] = ()
) -> dict[str, Any]:
    """The arguments of the SDK's `containers.create`."""
    spec = assignment.spec
    return {
        "image": image,
        "name": name_of(assignment.attempt_id),
        "labels": {
            LABEL: assignment.attempt_id,
            "runfold.run": assignment.run_name,
            **_stops_by_itself(assignment, heartbeat),
        },
        "environment": assignment.env,
        "working_dir": spec.working_dir,
        "user": spec.user,
        # As process 1 a job would ignore TERM, unless it handles it, and keep what its children leave behind.
        "init": True,
        **_command(spec),
        **_limits(spec),
        **_privileges(spec),
        **_network(assignment),
        "volumes": mounts.binds(spec.mounts, allow_mounts),
    }


def _network(assignment: Assignment) -> dict[str, Any]:
    if assignment.spec.host_network:
        return {"network_mode": "host"}
    ports = {f"{port}/tcp": ("127.0.0.1", None) for port in assignment.spec.ports}
    return {"hostname": _hostname(assignment), "ports": ports}


def _stops_by_itself(assignment: Assignment, heartbeat: Path | None) -> dict[str, str]:
    """What the watchdog reads."""
    if assignment.stop_after is None:
        return {}
    return {
        STOP_AFTER: str(assignment.stop_after),
        STOP_GRACE: str(assignment.stop_after_grace),
        HEARTBEAT: str(heartbeat),
    }


def _command(spec: JobSpec) -> dict[str, Any]:
    """A command alone is the whole of what runs; the image's own entrypoint runs where there is none."""
    if spec.entrypoint is not None:
        return {"entrypoint": list(spec.entrypoint), "command": list(spec.command)}
    if spec.command:
        return {"entrypoint": [spec.command[0]], "command": list(spec.command[1:])}
    return {}


def _limits(spec: JobSpec) -> dict[str, Any]:
    limits: dict[str, Any] = {"pids_limit": spec.pids or PIDS}
    if spec.limits.cpu:
        limits["nano_cpus"] = spec.limits.cpu * 1_000_000
    if spec.limits.memory:
        # The same with swap, or the limit would only move to the disk.
        limits |= {"mem_limit": spec.limits.memory, "memswap_limit": spec.limits.memory}
    if spec.shm_size:
        limits["shm_size"] = spec.shm_size
    return limits


def _privileges(spec: JobSpec) -> dict[str, Any]:
    if spec.privileged:
        return {"privileged": True}
    return {
        "cap_drop": ["ALL"],
        "cap_add": list(CAPABILITIES),
        "security_opt": ["no-new-privileges"],
    }


def _hostname(assignment: Assignment) -> str:
    """As Linux takes it: 63 letters, digits and hyphens."""
    clean = "".join(c if c.isascii() and c.isalnum() else "-" for c in assignment.run_name)
    return clean.strip("-")[:63].strip("-") or "job"
