"""Fleets: plan, make, look, delete."""

from collections.abc import Sequence
from typing import Any

from runfold.client.models.fleets import Fleet, FleetPlan
from runfold.client.transport.call import Call, post


def spec(configuration: dict[str, Any], *, path: str | None = None) -> dict[str, Any]:
    return {"configuration": configuration, "configuration_path": path, "profile": {}}


def plan(project: str, /, fleet_spec: dict[str, Any]) -> Call[FleetPlan]:
    return post(f"/api/project/{project}/fleets/get_plan", FleetPlan, {"spec": fleet_spec})


def apply(
    project: str, /, fleet_spec: dict[str, Any], *, current: Fleet | None = None, force: bool = False
) -> Call[Fleet]:
    seen = None if current is None else {"id": current.id}
    body = {"plan": {"spec": fleet_spec, "current_resource": seen}, "force": force}
    return post(f"/api/project/{project}/fleets/apply", Fleet, body, writes=True)


def get(project: str, /, name: str | None = None, *, id: str | None = None) -> Call[Fleet]:
    return post(f"/api/project/{project}/fleets/get", Fleet, {"name": name, "id": id})


def listed(project: str, /) -> Call[list[Fleet]]:
    """The project's own, and those that it may use."""
    return post(f"/api/project/{project}/fleets/list", list[Fleet], {"include_imported": True})


def delete(project: str, /, *names: str) -> Call[None]:
    return post(f"/api/project/{project}/fleets/delete", type(None), {"names": names}, writes=True)


def delete_instances(project: str, /, name: str, instances: Sequence[int]) -> Call[None]:
    body = {"name": name, "instance_nums": [*instances]}
    return post(f"/api/project/{project}/fleets/delete_instances", type(None), body, writes=True)
