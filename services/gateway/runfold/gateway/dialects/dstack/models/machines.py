"""Hosts, offers, instances and fleets."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from runfold.gateway.dialects.dstack.models.shape import Shape
from runfold.gateway.dialects.dstack.requests.fleets import FleetSpec

Availability = Literal["unknown", "available", "not_available", "no_quota", "no_balance", "idle", "busy"]

Health = Literal["healthy", "warning", "failure"]


class Disk(Shape):
    size_mib: int


class Gpu(Shape):
    name: str
    memory_mib: int
    vendor: str | None


class HostResources(Shape):
    cpus: int
    memory_mib: int
    gpus: list[Gpu]
    spot: bool
    disk: Disk
    cpu_arch: Literal["x86", "arm"] | None
    description: str


class InstanceType(Shape):
    name: str
    resources: HostResources


class Offer(Shape):
    backend: str
    instance: InstanceType
    region: str
    price: float
    backend_data: dict[str, Any]
    availability: Availability
    availability_zones: list[str] | None
    instance_runtime: Literal["shim", "runner"]
    blocks: int
    total_blocks: int


class Instance(Shape):
    id: UUID
    project_name: str
    backend: str | None
    instance_type: InstanceType | None
    name: str
    fleet_id: UUID | None
    fleet_name: str | None
    instance_num: int
    job_name: str | None
    hostname: str | None
    status: Literal["pending", "provisioning", "idle", "busy", "terminating", "terminated"]
    unreachable: bool
    health_status: Health
    termination_reason: str | None
    termination_reason_message: str | None
    created: datetime
    finished_at: datetime | None
    region: str | None
    availability_zone: str | None
    price: float | None
    total_blocks: int | None
    busy_blocks: int
    gpu_driver: Any | None


class HealthEvent(Shape):
    timestamp: datetime
    status: Health
    message: str


class HealthCheck(Shape):
    collected_at: datetime
    status: Health
    events: list[HealthEvent]


class GetInstanceHealthChecksResponse(Shape):
    health_checks: list[HealthCheck]


class Fleet(Shape):
    id: UUID
    name: str
    project_name: str
    spec: FleetSpec
    created_at: datetime
    status: Literal["submitted", "active", "terminating", "terminated", "failed"]
    status_message: str | None
    instances: list[Instance]


class FleetPlan(Shape):
    project_name: str
    user: str
    spec: FleetSpec
    effective_spec: FleetSpec
    current_resource: Fleet | None
    offers: list[Offer]
    total_offers: int
    max_offer_price: float | None
    action: Literal["create", "update"]
