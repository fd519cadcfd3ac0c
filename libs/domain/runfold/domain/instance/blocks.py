"""Instances cut into equal blocks, of which a job takes whole ones (dstack spec, section 9.4).

One that isn't cut takes as many jobs as fit.
"""

from runfold.contracts.fleet import FleetSpec
from runfold.contracts.values import Quantities
from runfold.domain.instance.state import Host, Instance


def cut(spec: FleetSpec, capacity: Quantities) -> int | None:
    """Into how many blocks a fleet cuts such a machine; None where its whole CPUs or GPUs don't divide so."""
    cpus, gpus = capacity.cpu // 1000, capacity.gpu // 1000
    wanted = spec.blocks
    if wanted == 1:
        return 1
    blocks = (min(cpus, gpus) if gpus else cpus) if wanted is None else wanted
    return blocks if blocks >= 1 and cpus % blocks == 0 and gpus % blocks == 0 else None


def taken(wanted: Quantities, blocks: int, capacity: Quantities) -> int:
    """How many of a machine's `blocks` hold `wanted`: at least one."""
    parts = (
        (wanted.cpu, capacity.cpu),
        (wanted.memory, capacity.memory),
        (wanted.gpu, capacity.gpu),
        (wanted.disk, capacity.disk),
    )
    return max(1, *(-(-part * blocks // whole) for part, whole in parts if whole))


def whole(wanted: Quantities, blocks: int, capacity: Quantities) -> Quantities:
    """What is reserved for `wanted`: just that where a machine isn't cut, else the blocks that hold it."""
    if blocks == 1:
        return wanted
    count = taken(wanted, blocks, capacity)
    return Quantities(
        count * capacity.cpu // blocks,
        count * capacity.memory // blocks,
        count * capacity.gpu // blocks,
        count * capacity.disk // blocks,
    )


def reserved(wanted: Quantities, instance: Instance) -> Quantities:
    """What a job that wants so much takes of this instance."""
    return whole(wanted, instance.blocks, instance.capacity or wanted)


def reserved_of(wanted: Quantities, spec: FleetSpec, host: Host) -> Quantities:
    """What it would take of one that such a fleet had over `host`, which it can cut."""
    return whole(wanted, cut(spec, host.capacity) or 1, host.capacity)
