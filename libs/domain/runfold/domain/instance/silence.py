"""What follows from not hearing of a host, and from hearing of it again (PROTOCOL.md, Silence).

The log service counts, by a clock that is never set; what it is to say after so many seconds is decided here.
"""

from collections.abc import Iterator

from runfold.contracts.instance import InstanceReturned, InstanceSilent
from runfold.contracts.job import AttemptLost
from runfold.domain.cell.state import Cell
from runfold.domain.instance.state import Host, Instance
from runfold.domain.job.state import Attempt

SECOND = 1_000_000
#: Seconds that an attempt gets between the stop by its own host and the kill.
GRACE = 10
#: Seconds beyond that until it counts as lost: until its supervisor or watchdog looks, and the kill has worked.
MARGIN = 20
#: So many of a fleet, and more than a third of it, that fall silent within a minute are rather a fault of the network:
#: their losses wait that many seconds longer, in which they may return.
MANY, TOGETHER, HOLD = 5, 60 * SECOND, 600


def silent(cell: Cell, host_id: str, seconds: int) -> list[InstanceSilent]:
    """Its instances that were not known as silent, after `seconds` without word."""
    host = cell.hosts[host_id]
    return [
        InstanceSilent(instance.id, seconds) for instance in host.instances.values() if not instance.silent
    ]


def returned(cell: Cell, host_id: str) -> list[InstanceReturned]:
    """Its instances that were known as silent."""
    host = cell.hosts.get(host_id)
    over = host.instances.values() if host is not None else ()
    return [InstanceReturned(instance.id) for instance in over if instance.silent]


def lost(cell: Cell, host_id: str, seconds: int) -> list[AttemptLost]:
    """Attempts that have been stopped by their own host by now, after `seconds` without word of it."""
    return [
        AttemptLost(
            cell.jobs_by_attempt[attempt.id].id,
            attempt.id,
            "interrupted_by_no_capacity",
            f"its instance was unreachable for {seconds} s",
        )
        for attempt, due in _losses(cell, cell.hosts[host_id])
        if due <= seconds
    ]


def next_due(cell: Cell, host_id: str, after: int) -> int | None:
    """Seconds without word of a host after which `silent` (which is asked after `after`) or `lost` says something."""
    host = cell.hosts[host_id]
    dues = [due for _, due in _losses(cell, host)]
    if any(not instance.silent for instance in host.instances.values()):
        dues.append(after)
    return min(dues, default=None)


def _losses(cell: Cell, host: Host) -> Iterator[tuple[Attempt, int]]:
    """Attempts on silent instances that stop there by themselves; each with the seconds after which it has."""
    for attempt_id in host.attempts:
        attempt = cell.attempts[attempt_id]
        instance = cell.instances.get(attempt.instance_id or "")
        if attempt.stop_after is None or instance is None or not instance.silent:
            continue
        held = HOLD if _with_many_others(cell, instance) else 0
        yield attempt, attempt.stop_after + GRACE + MARGIN + held


def _with_many_others(cell: Cell, instance: Instance) -> bool:
    fleet = cell.fleets[instance.fleet_id].instances
    at = instance.silent_at or 0
    together = sum(1 for i in fleet if i.silent_at is not None and abs(i.silent_at - at) <= TOGETHER)
    return together >= MANY and 3 * together > len(fleet)
