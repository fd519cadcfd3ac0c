"""What could take a job: the instances there are, and the hosts that a fleet could still have."""

from typing import Any

from runfold.contracts.values import Quantities
from runfold.domain.cell.state import Cell
from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.state import Host
from runfold.gateway.dialects.dstack.configuration.resources import ResourcesSpec
from runfold.gateway.dialects.dstack.responses.hardware import backend, instance_type

REGION = "local"
_ORDER = {"idle": 0, "available": 1, "busy": 2}


def offers(
    wanted: Quantities, resources: ResourcesSpec, fleets: list[Fleet], cell: Cell
) -> list[dict[str, Any]]:
    """Ready ones first, then by how well they fit what the client asked for; none that no host can give.

    Bounds that are dstack's defaults exclude nothing, they only rank.
    """
    found = [offer for fleet in fleets for offer in _of_fleet(wanted, fleet, cell)]
    once = {offer["backend_data"]["host"]: offer for offer in sorted(found, key=_rank, reverse=True)}
    ranked = sorted(once.values(), key=lambda offer: (_rank(offer), _misfit(offer, resources)))
    return [{**offer, "backend_data": {}} for offer in ranked if _has_gpus(resources, offer)]


def fleet_offers(requires: Quantities, backend_name: str, cell: Cell) -> list[dict[str, Any]]:
    """What a fleet could have: each host once."""
    if backend_name != "local":
        return []
    found = [
        _offer(host, "local", "available") for host in cell.hosts.values() if requires.within(host.capacity)
    ]
    return [{**offer, "backend_data": {}} for offer in found]


def _of_fleet(wanted: Quantities, fleet: Fleet, cell: Cell) -> list[dict[str, Any]]:
    made, taken = [], set()
    for instance in fleet.instances:
        host = cell.hosts.get(instance.host_id or "")
        if host is None or not instance.usable:
            continue
        taken.add(host.id)
        if wanted.within(host.capacity):
            idle = host.fits(wanted) and not instance.silent
            made.append(_offer(host, instance.backend, "idle" if idle else "busy"))
    if fleet.can_grow and fleet.spec.backend == "local":
        free = [host for host in cell.hosts.values() if host.id not in taken]
        made += [
            _offer(host, "local", "available" if host.fits(wanted) else "busy")
            for host in free
            if wanted.within(host.capacity) and fleet.spec.requires.within(host.capacity)
        ]
    return made


def _offer(host: Host, backend_name: str, availability: str) -> dict[str, Any]:
    return {
        "backend": backend(backend_name),
        "instance": instance_type(host.capacity, host),
        "region": REGION,
        "price": 0.0,
        "backend_data": {"host": host.id},
        "availability": availability,
        "availability_zones": None,
        "instance_runtime": "shim",
        "blocks": 1,
        "total_blocks": 1,
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
