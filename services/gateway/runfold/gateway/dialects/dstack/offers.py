"""What could take a job: the instances there are, and the hosts that a fleet could still have."""

from collections.abc import Iterator
from typing import Any

from runfold.contracts.fleet import FleetSpec
from runfold.contracts.values import Quantities, Selection
from runfold.domain.cell.state import Cell
from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.blocks import cut, taken, whole
from runfold.domain.instance.selection import may_grow, selects
from runfold.domain.instance.state import Host
from runfold.gateway.dialects.dstack.configuration.resources import ResourcesSpec
from runfold.gateway.dialects.dstack.responses.hardware import REGION, backend, instance_type, price

_ORDER = {"idle": 0, "available": 1, "busy": 2}


def offers(
    wanted: Quantities,
    resources: ResourcesSpec,
    fleets: list[Fleet],
    cell: Cell,
    selection: Selection | None = None,
) -> list[dict[str, Any]]:
    """Ready ones first, then by price, then by how well they fit what the client asked for; none that no host can give.

    Bounds that are dstack's defaults exclude nothing, they only rank.
    """
    found = [offer for fleet in fleets for offer in _of_fleet(wanted, fleet, cell, selection)]
    once = {offer["backend_data"]["host"]: offer for offer in sorted(found, key=_rank, reverse=True)}
    ranked = sorted(
        once.values(), key=lambda offer: (_rank(offer), offer["price"], _misfit(offer, resources))
    )
    return [{**offer, "backend_data": {}} for offer in ranked if _has_gpus(resources, offer)]


def fleet_offers(spec: FleetSpec, cell: Cell) -> list[dict[str, Any]]:
    """What a fleet could have: each host once."""
    found = [_offer(host, spec.backend, "available", (1, blocks)) for host, blocks in _could_have(spec, cell)]
    return [{**offer, "backend_data": {}} for offer in found]


def _of_fleet(
    wanted: Quantities, fleet: Fleet, cell: Cell, selection: Selection | None
) -> list[dict[str, Any]]:
    made: list[dict[str, Any] | None] = []
    over = set()
    for instance in fleet.instances:
        host = cell.hosts.get(instance.host_id or "")
        if host is not None and instance.usable:
            over.add(host.id)
            ready = None if instance.silent else "idle"
            offer = _offer_for(wanted, host, instance.backend, instance.blocks, ready)
            if offer is not None and selects(selection, instance):
                made.append({**offer, "price": price(instance)})
    if may_grow(selection) and fleet.can_grow:
        free = ((host, blocks) for host, blocks in _could_have(fleet.spec, cell) if host.id not in over)
        made += [_offer_for(wanted, host, fleet.spec.backend, blocks, "available") for host, blocks in free]
    return [offer for offer in made if offer is not None]


def _could_have(spec: FleetSpec, cell: Cell) -> Iterator[tuple[Host, int]]:
    """Hosts that suit such a fleet, and into how many blocks it would cut them."""
    if spec.backend != "local":
        return
    for host in cell.hosts.values():
        blocks = cut(spec, host.capacity)
        if blocks is not None and spec.requires.within(host.capacity):
            yield host, blocks


def _offer_for(
    wanted: Quantities, host: Host, backend_name: str, blocks: int, ready: str | None
) -> dict[str, Any] | None:
    """The blocks that hold what is wanted, busy where they aren't free; None where the whole host is too small."""
    if not wanted.within(host.capacity):
        return None
    part = whole(wanted, blocks, host.capacity)
    count = 1 if blocks == 1 else taken(wanted, blocks, host.capacity)
    availability = ready if ready is not None and host.fits(part) else "busy"
    made = _offer(host, backend_name, availability, (count, blocks))
    return made if blocks == 1 else {**made, "instance": instance_type(part, host)}


def _offer(host: Host, backend_name: str, availability: str, blocks: tuple[int, int]) -> dict[str, Any]:
    """`blocks`: how many, of how many."""
    return {
        "backend": backend(backend_name),
        "instance": instance_type(host.capacity, host),
        "region": REGION,
        "price": 0.0,
        "backend_data": {"host": host.id},
        "availability": availability,
        "availability_zones": None,
        "instance_runtime": "shim",
        "blocks": blocks[0],
        "total_blocks": blocks[1],
    }


def _rank(offer: dict[str, Any]) -> int:
    return _ORDER[offer["availability"]]


def _misfit(offer: dict[str, Any], resources: ResourcesSpec) -> tuple[bool, int, int]:
    """Those that have what the client's bounds say first, the smallest of them first."""
    has = offer["instance"]["resources"]
    short = (
        has["cpus"] < (resources.cpu.count.min or 0) or has["memory_mib"] < (resources.memory.min or 0) * 1024
    )
    return short, has["cpus"], has["memory_mib"]


def _has_gpus(resources: ResourcesSpec, offer: dict[str, Any]) -> bool:
    """Hosts don't say which GPUs they have: who wants a certain one is promised none."""
    wanted = resources.gpu
    if wanted is None or not wanted.count.min:
        return True
    return not (wanted.name or wanted.memory or wanted.total_memory or wanted.compute_capability)
