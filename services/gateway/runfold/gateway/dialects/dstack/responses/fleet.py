"""Fleets and their instances."""

from typing import Any

from runfold.domain.cell.state import Cell
from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.blocks import taken
from runfold.domain.instance.state import Instance
from runfold.gateway.dialects.dstack.fleet_spec import shown
from runfold.gateway.dialects.dstack.placement import CELL
from runfold.gateway.dialects.dstack.responses.encode import maybe, raw, timestamp
from runfold.gateway.dialects.dstack.responses.hardware import backend, instance_type, price


def fleet(of: Fleet, cell: Cell) -> dict[str, Any]:
    """A fleet of the cell shows as another project's: imported."""
    return {
        "id": of.id,
        "name": of.name,
        "project_name": _project_name(of.project_id, cell),
        "spec": raw(shown(of)),
        "created_at": timestamp(of.created_at),
        "status": "terminated" if of.deleted else "terminating" if of.deleting else "active",
        "status_message": None,
        "instances": [instance(each, of, cell) for each in of.instances],
    }


def instance(of: Instance, fleet: Fleet, cell: Cell) -> dict[str, Any]:
    host = cell.hosts.get(of.host_id or "")
    return {
        "id": of.id,
        "project_name": _project_name(of.project_id, cell),
        "backend": backend(of.backend),
        "instance_type": instance_type(of.capacity, host) if of.capacity else None,
        "name": of.name,
        "fleet_id": fleet.id,
        "fleet_name": fleet.name,
        "instance_num": of.num,
        "job_name": _job_name(of, cell),
        "hostname": of.hostname,
        "status": str(of.status),
        "unreachable": of.silent,
        "health_status": "healthy",
        "termination_reason": of.reason,
        "termination_reason_message": of.message,
        "created": timestamp(of.created_at),
        "finished_at": maybe(of.ended_at),
        "region": of.region,
        "availability_zone": None,
        "price": price(of) if of.capacity else None,
        "total_blocks": of.blocks if of.capacity else None,
        "busy_blocks": _busy_blocks(of, cell),
        "gpu_driver": None,
    }


def _busy_blocks(of: Instance, cell: Cell) -> int:
    """One that isn't cut is one block, however many jobs share it."""
    if of.blocks == 1 or of.capacity is None:
        return 1 if of.attempts else 0
    held = (cell.attempts[attempt_id].reserved for attempt_id in of.attempts)
    return sum(taken(reserved, of.blocks, of.capacity) for reserved in held)


def _project_name(project_id: str | None, cell: Cell) -> str:
    return CELL if project_id is None else cell.projects[project_id].name


def _job_name(of: Instance, cell: Cell) -> str | None:
    """One of those that are placed there: always the same one."""
    job = cell.jobs_by_attempt.get(min(of.attempts, default=""))
    return job.spec.name if job else None
