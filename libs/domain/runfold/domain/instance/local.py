"""Backend `local`: its instances lie over hosts that executors announced; a fleet has at most one over each."""

from runfold.domain.cell.state import Cell
from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.blocks import cut
from runfold.domain.instance.state import Host, Instance

BACKEND = "local"


def free_hosts(
    cell: Cell, fleet: Fleet, *, beside: Instance | None = None, silent: bool = False
) -> list[Host]:
    """Hosts over which `fleet` could have another instance (or `beside`, which has no host yet), oldest first.

    With `silent`, those over which it could if something were heard of them.
    """
    if fleet.spec.backend != BACKEND or not (fleet.can_grow or beside in fleet.instances):
        return []
    taken = {instance.host_id for instance in fleet.instances}
    hosts = (host for host in cell.hosts.values() if host.id not in taken and host.silent is silent)
    return [host for host in hosts if _suits(host, fleet)]


def _suits(host: Host, fleet: Fleet) -> bool:
    if fleet.project_id is None and host.fleet is not None and host.fleet != fleet.name:
        return False
    return fleet.spec.requires.within(host.capacity) and cut(fleet.spec, host.capacity) is not None
