"""Which ports of a job are forwarded to which of this machine."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from runfold.client.models.runs import Job


@dataclass(frozen=True, slots=True)
class Forward:
    """`local` 0 takes any that is free."""

    local: int
    remote: int


def parse(text: str) -> Forward:
    """`8080`, `8000:8080`, `*:8080`; ValueError for anything else."""
    local, colon, remote = text.rpartition(":")
    forward = Forward(0 if local == "*" else int(local or remote), int(remote))
    if (colon and not local) or not 0 < forward.remote < 65536 or not 0 <= forward.local < 65536:
        raise ValueError(text)
    return forward


def forwards(job: Job, given: Sequence[Forward]) -> list[Forward]:
    """Those that the configuration declares; `given` goes before it, and may name others."""
    wanted = {app.port: app.map_to_port or 0 for app in job.job_spec.app_specs}
    wanted |= {each.remote: each.local for each in given}
    return [Forward(local or free_port(), remote) for remote, local in wanted.items()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
