"""Where the jobs of one run find each other."""

from collections.abc import Mapping, Sequence

from runfold.contracts.values import Gang
from runfold.domain.instance.state import Host
from runfold.domain.job.state import Job

#: Under which the jobs of one host reach each other.
LOOPBACK = "127.0.0.1"


def addresses(members: Sequence[Job], hosts: Mapping[str, Host]) -> tuple[str, ...]:
    """Of each member's host, in their order; a host that doesn't say its own goes by its name."""
    placed = [job.attempt.host_id for job in members]
    if len(set(placed)) == 1:
        return (LOOPBACK,) * len(placed)
    known = (hosts.get(host_id or "") for host_id in placed)
    return tuple((host.address or host.name) if host else LOOPBACK for host in known)


def rank(gang: Gang | None, group: int, node: int) -> int | None:
    """The number of a group's node among all; None where there is no such."""
    sizes = (gang.groups or (gang.nodes,)) if gang else (1,)
    if group >= len(sizes) or node >= sizes[group]:
        return None
    return sum(sizes[:group]) + node
