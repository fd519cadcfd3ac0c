"""Backend `local`: instances over hosts whose executors announced themselves. It makes no machine and ends none."""

from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.local import BACKEND, free_hosts
from runfold.domain.instance.state import Instance
from runfold.provisioner.backend import Created, NoOffers
from runfold.service.view import View


class LocalBackend:
    name = BACKEND

    def __init__(self, view: View) -> None:
        self._view = view

    async def create(self, fleet: Fleet, instance: Instance) -> Created:
        # This instance has no host yet and so takes no place from itself.
        hosts = free_hosts(self._view.cell, fleet, beside=instance)
        if not hosts:
            raise NoOffers(f"no announced host suits fleet {fleet.name} and is not in it already")
        host = hosts[0]
        return Created(host.id, host.name, host.capacity, region="local")

    async def end(self, instance: Instance) -> None:
        return
