"""Offers in groups."""

from typing import Literal

from runfold.gateway.dialects.dstack.models.machines import Availability
from runfold.gateway.dialects.dstack.models.shape import Shape


class IntRange(Shape):
    min: int
    max: int


class FloatRange(Shape):
    min: float
    max: float


class GpuGroup(Shape):
    name: str
    memory_mib: int
    vendor: Literal["nvidia", "amd", "google", "intel", "tenstorrent"]
    availability: list[Availability]
    spot: list[Literal["spot", "on-demand"]]
    count: IntRange
    price: FloatRange
    offer_price: FloatRange | None
    backends: list[str] | None
    backend: str | None
    regions: list[str] | None
    region: str | None


class CpuGroup(Shape):
    cpu_arch: list[Literal["x86", "arm"]]
    count: IntRange
    memory_mib: IntRange
    price: FloatRange
    availability: list[Availability]
    spot: list[Literal["spot", "on-demand"]]
    backends: list[str] | None
    backend: str | None
    regions: list[str] | None
    region: str | None


class ListGpusResponse(Shape):
    gpus: list[GpuGroup]
    cpus: list[CpuGroup] | None
