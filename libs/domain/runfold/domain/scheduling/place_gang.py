"""Where a gang goes: all of it into one fleet at once, or nowhere yet, or nowhere ever."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from runfold.contracts.values import Micros, Quantities
from runfold.domain.cell.state import Cell
from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.blocks import reserved, reserved_of
from runfold.domain.instance.local import free_hosts
from runfold.domain.instance.selection import may_grow
from runfold.domain.instance.state import Host, Instance
from runfold.domain.job.state import Job
from runfold.domain.run.state import Run
from runfold.domain.scheduling.place import (
    NO_CAPACITY,
    NO_FLEET,
    Fail,
    Grow,
    Place,
    Taken,
    Wait,
    allowed,
    chosen,
    lacks,
    provisioning,
)


@dataclass(frozen=True, slots=True)
class PlaceAll:
    """One place for each member, in their order."""

    places: tuple[Place, ...]


GangPlacement = PlaceAll | Grow | Wait | Fail


def place_gang(cell: Cell, run: Run, now: Micros, taken: Taken) -> GangPlacement:
    """On as few hosts as it takes. Nothing of it is noted in `taken`."""
    fleets = allowed(cell, run)
    if not fleets:
        return NO_FLEET
    for fleet in fleets:
        open_ = {host.id: instance for instance, host in _open(cell, run, fleet, now)}
        hosts = assign(run.jobs, [cell.hosts[host_id] for host_id in open_], Filling(taken, _of(open_)))
        if len(hosts) == len(run.jobs):
            each = zip(run.jobs, hosts, strict=True)
            return PlaceAll(tuple(_place(job, open_[host.id], host) for job, host in each))
    return _nowhere_now(cell, run, fleets, taken)


def assign(members: Sequence[Job], hosts: Iterable[Host], filling: Filling) -> list[Host]:
    """Hosts of the first members that fit beside what is taken: of all of them, or of as many as there is room for."""
    filling = filling.copy()
    room = sorted(((filling.count(members, host), host) for host in hosts), key=lambda each: -each[0])
    whole = [each for each in room if each[0] == len(members)]
    found: list[Host] = []
    # One that takes all, if there is such; else the roomiest first.
    for _, host in whole[:1] or room:
        while len(found) < len(members) and filling.take(members[len(found)], host):
            found.append(host)
    return found


@dataclass(slots=True)
class Filling:
    """Hosts as members are put on them."""

    taken: Taken
    reserve: Callable[[Quantities, Host], Quantities]  #: what is taken of a host for what is wanted
    ports: set[tuple[str, int]] = field(default_factory=set)

    def copy(self) -> Filling:
        """Nothing that is put on it changes this one."""
        return Filling(replace(self.taken, by_host=dict(self.taken.by_host)), self.reserve, set(self.ports))

    def count(self, members: Sequence[Job], host: Host) -> int:
        """How many of them, from the first, this host takes alone."""
        alone = self.copy()
        return next((n for n, job in enumerate(members) if not alone.take(job, host)), len(members))

    def take(self, job: Job, host: Host) -> bool:
        """Where it fits. Members share the ports of their host, whatever runs them."""
        ports = {(host.id, port) for port in job.spec.ports}
        if lacks(host, job) or ports & self.ports:
            return False
        amount = self.reserve(job.spec.requests, host)
        if not self.taken.fits(host, amount):
            return False
        self.ports |= ports
        self.taken.take(host, amount)
        return True


class Emptied(Taken):
    """As if nothing ran anywhere."""

    def fits(self, host: Host, wanted: Quantities) -> bool:
        used, has = self.by_host.get(host.id, Quantities()), host.capacity
        return (
            used.cpu + wanted.cpu <= has.cpu
            and used.memory + wanted.memory <= has.memory
            and used.gpu + wanted.gpu <= has.gpu
            and used.disk + wanted.disk <= has.disk
        )


def _of(open_: Mapping[str, Instance]) -> Callable[[Quantities, Host], Quantities]:
    """What is reserved on the instances over these hosts."""
    return lambda wanted, host: reserved(wanted, open_[host.id])


def _place(job: Job, instance: Instance, host: Host) -> Place:
    return Place(instance, host, reserved(job.spec.requests, instance))


def _open(cell: Cell, run: Run, fleet: Fleet, now: Micros) -> list[tuple[Instance, Host]]:
    """Members leave out the same instances: they are refused as one."""
    excluded = run.jobs[0].excluded
    return [
        (instance, host)
        for instance, host in chosen(cell, run, [fleet])
        if instance.usable and not instance.silent and excluded.get(instance.id, 0) <= now
    ]


def _nowhere_now(cell: Cell, run: Run, fleets: list[Fleet], taken: Taken) -> Grow | Wait | Fail:
    large = [fleet for fleet in fleets if _ever(cell, run, fleet)]
    if not large:
        if not cell.hosts:
            return Wait("no executor has joined yet")
        known = [why for host in cell.hosts.values() if (why := lacks(host, run.jobs[0]))]
        most = f"no fleet has room for {len(run.jobs)} nodes at once"
        return Fail(NO_CAPACITY, known[0] if len(known) == len(cell.hosts) else most)
    if any(fleet.id in taken.growing or provisioning(fleet) for fleet in large):
        return Wait("an instance is being provisioned")
    for fleet in large if may_grow(run.selection) else []:
        if any(not lacks(host, run.jobs[0]) for host in free_hosts(cell, fleet)):
            return Grow(fleet)
    return Wait(f"there is no room for all {len(run.jobs)} nodes at once")


def _ever(cell: Cell, run: Run, fleet: Fleet) -> bool:
    """Whether the fleet could hold them, were it empty and as large as it may get."""
    most = fleet.spec.nodes_max
    more = [*free_hosts(cell, fleet), *free_hosts(cell, fleet, silent=True)]
    more = more if most is None else more[: max(most - len(fleet.instances), 0)]
    hosts = [*(host for _, host in chosen(cell, run, [fleet])), *(more if may_grow(run.selection) else [])]
    filling = Filling(Emptied(), lambda wanted, host: reserved_of(wanted, fleet.spec, host))
    return len(assign(run.jobs, hosts, filling)) == len(run.jobs)
