"""Where one job goes: on an instance, onto one that is asked for, nowhere yet, or nowhere ever."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from runfold.contracts.values import JobSpec, Micros, Quantities
from runfold.domain.cell.state import Cell
from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.blocks import reserved, reserved_of
from runfold.domain.instance.local import free_hosts
from runfold.domain.instance.selection import may_grow, selects
from runfold.domain.instance.state import Host, Instance
from runfold.domain.job.state import Job
from runfold.domain.run.state import Run

NO_CAPACITY = "failed_to_start_due_to_no_capacity"
NOT_HEARD = "nothing is heard of any suitable instance"


@dataclass(frozen=True, slots=True)
class Place:
    instance: Instance
    host: Host
    reserved: Quantities  #: no less than it asks for


@dataclass(frozen=True, slots=True)
class Grow:
    fleet: Fleet


@dataclass(frozen=True, slots=True)
class Wait:
    """It could run here, not now; or nobody can tell yet."""

    reason: str


@dataclass(frozen=True, slots=True)
class Fail:
    """Nothing that is known could ever run it."""

    reason: str
    message: str


Placement = Place | Grow | Wait | Fail

NO_FLEET = Fail(NO_CAPACITY, "No matching fleet found. Create a fleet before submitting runs.")


@dataclass(slots=True)
class Taken:
    """What this pass has placed already and the cell doesn't know yet."""

    by_host: dict[str, Quantities] = field(default_factory=dict)
    growing: dict[str, None] = field(default_factory=dict)  #: fleet ids

    def fits(self, host: Host, wanted: Quantities) -> bool:
        return host.fits(_sum(self.by_host.get(host.id), wanted))

    def take(self, host: Host, amount: Quantities) -> None:
        self.by_host[host.id] = _sum(self.by_host.get(host.id), amount)


def place(cell: Cell, run: Run, job: Job, now: Micros, taken: Taken) -> Placement:
    """The fullest instance it fits on; else a fleet that can grow for it; else why it waits or fails."""
    fleets = allowed(cell, run)
    if not fleets:
        return NO_FLEET
    able = [(i, h) for i, h in chosen(cell, run, fleets) if not lacks(h, job)]
    heard = [(i, h) for i, h in able if not i.silent]
    open_ = [(i, h) for i, h in heard if i.usable and job.excluded.get(i.id, 0) <= now]
    free = [(i, h) for i, h in open_ if taken.fits(h, reserved(job.spec.requests, i))]
    if free:
        instance, host = min(free, key=lambda pair: _room(pair[1], taken))
        return Place(instance, host, reserved(job.spec.requests, instance))
    full = "every suitable instance is full" if heard else NOT_HEARD
    growing = fleets if may_grow(run.selection) else []
    return _nowhere_now(cell, growing, job, taken, why=full if able else None)


def allowed(cell: Cell, run: Run) -> list[Fleet]:
    """Those it may use, oldest first."""
    return [f for f in cell.fleets_of(run.project_id) if run.fleets is None or f.id in run.fleets]


def needs_docker(spec: JobSpec) -> bool:
    mounted = any(not mount.optional for mount in spec.mounts)
    return spec.image is not None or spec.privileged or mounted


def lacks(host: Host, job: Job) -> str | None:
    """Why this host could never run the job, or None."""
    wanted, capacity = job.spec.requests, host.capacity
    if needs_docker(job.spec) and "docker" not in host.runtimes:
        return "needs docker, which no suitable host has"
    if wanted.gpu > capacity.gpu:
        return f"needs {wanted.gpu / 1000:g} GPU, no suitable host has more than {capacity.gpu / 1000:g}"
    if wanted.cpu > capacity.cpu:
        return f"needs {wanted.cpu / 1000:g} CPU, no suitable host has more than {capacity.cpu / 1000:g}"
    if wanted.memory > capacity.memory:
        return f"needs {wanted.memory >> 20} MiB of memory, no suitable host has more than {capacity.memory >> 20}"
    if wanted.disk > capacity.disk:
        return f"needs {wanted.disk >> 20} MiB of disk, no suitable host has more than {capacity.disk >> 20}"
    return None


def _nowhere_now(cell: Cell, fleets: list[Fleet], job: Job, taken: Taken, *, why: str | None) -> Placement:
    """`why` those instances don't take it that are able to, None where there are none."""
    if any(f.id in taken.growing or provisioning(f) for f in fleets):
        return Wait("an instance is being provisioned")
    able = [(f, host) for f in fleets for host in free_hosts(cell, f) if not lacks(host, job)]
    for fleet, host in able:
        if taken.fits(host, reserved_of(job.spec.requests, fleet.spec, host)):
            return Grow(fleet)
    if why is not None:
        return Wait(why)
    if able:
        return Wait("every suitable host is full")
    unheard = (host for fleet in fleets for host in free_hosts(cell, fleet, silent=True))
    if any(not lacks(host, job) for host in unheard):
        return Wait(NOT_HEARD)
    if not cell.hosts:
        return Wait("no executor has joined yet")
    known = [lacks(host, job) for host in cell.hosts.values()]
    return Fail(NO_CAPACITY, next((why for why in known if why), "no instance in the fleets it may use"))


def chosen(cell: Cell, run: Run, fleets: list[Fleet]) -> Iterator[tuple[Instance, Host]]:
    """Those of these fleets that the run may use."""
    return ((i, host) for i, host in _instances(cell, fleets) if selects(run.selection, i))


def _instances(cell: Cell, fleets: list[Fleet]) -> Iterator[tuple[Instance, Host]]:
    """Those that are ending too: once they ended, their fleet may grow over the same host again."""
    for fleet in fleets:
        for instance in fleet.instances:
            if instance.host_id is not None and instance.host_id in cell.hosts:
                yield instance, cell.hosts[instance.host_id]


def provisioning(fleet: Fleet) -> bool:
    return any(i.host_id is None and not i.ending for i in fleet.instances)


def _room(host: Host, taken: Taken) -> tuple[int, int]:
    """What is left, so that the fullest comes first: whole hosts stay free for large jobs."""
    extra = taken.by_host.get(host.id)
    cpu, memory = (extra.cpu, extra.memory) if extra else (0, 0)
    return (host.capacity.cpu - host.used_cpu - cpu, host.capacity.memory - host.used_memory - memory)


def _sum(a: Quantities | None, b: Quantities) -> Quantities:
    if a is None:
        return b
    return Quantities(a.cpu + b.cpu, a.memory + b.memory, a.gpu + b.gpu, a.disk + b.disk)
