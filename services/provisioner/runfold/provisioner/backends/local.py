"""Backend `local`: instances over hosts whose executors announced themselves. It makes no machine and ends none."""

from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.blocks import reserved_of
from runfold.domain.instance.local import BACKEND, free_hosts
from runfold.domain.instance.state import Host, Instance
from runfold.domain.job.state import Job
from runfold.domain.scheduling.place import lacks
from runfold.provisioner.backend import Created, NoOffers
from runfold.service.view import View


class LocalBackend:
    name = BACKEND

    def __init__(self, view: View) -> None:
        self._view = view

    async def create(self, fleet: Fleet, instance: Instance) -> Created:
        # This instance has no host yet and so takes no place from itself.
        cell = self._view.cell
        hosts = free_hosts(cell, fleet, beside=instance)
        if not hosts:
            raise NoOffers(f"no announced host suits fleet {fleet.name} and is not in it already")
        job = cell.jobs.get(instance.job_id or "")
        host = hosts[0] if job is None else min(hosts, key=lambda host: _unfitness(fleet, host, job))
        return Created(host.id, host.name, host.capacity, region="local")

    async def end(self, instance: Instance) -> None:
        return


def _unfitness(fleet: Fleet, host: Host, job: Job) -> tuple[bool, bool]:
    """Of a host for the job that an instance is made for: never, not now; of equal ones the oldest is taken."""
    return lacks(host, job) is not None, not host.fits(reserved_of(job.spec.requests, fleet.spec, host))
