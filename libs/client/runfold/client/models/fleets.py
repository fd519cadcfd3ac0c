"""Fleets and their instances."""

from datetime import datetime
from typing import Any

from runfold.client.models.base import Model
from runfold.client.models.machines import InstanceType, Offer


class Instance(Model, frozen=True):
    id: str
    name: str
    instance_num: int
    status: str
    created: datetime
    hostname: str | None = None
    backend: str | None = None
    region: str | None = None
    instance_type: InstanceType | None = None
    price: float | None = None
    unreachable: bool = False
    health_status: str = "healthy"
    termination_reason: str | None = None
    termination_reason_message: str | None = None
    total_blocks: int | None = None
    busy_blocks: int = 0


class FleetSpec(Model, frozen=True):
    configuration: dict[str, Any]
    configuration_path: str | None = None


class Fleet(Model, frozen=True):
    id: str
    name: str
    project_name: str
    spec: FleetSpec
    created_at: datetime
    status: str
    status_message: str | None = None
    instances: tuple[Instance, ...] = ()


class FleetPlan(Model, frozen=True):
    project_name: str
    user: str
    spec: FleetSpec
    effective_spec: FleetSpec | None = None
    current_resource: Fleet | None = None
    offers: tuple[Offer, ...] = ()
    total_offers: int = 0
    max_offer_price: float | None = None
    action: str = "create"
