"""Offers in groups."""

from runfold.client.models.base import Model


class IntRange(Model, frozen=True):
    min: int
    max: int


class PriceRange(Model, frozen=True):
    min: float
    max: float


class GpuGroup(Model, frozen=True):
    name: str
    memory_mib: int
    count: IntRange
    price: PriceRange
    vendor: str | None = None
    availability: tuple[str, ...] = ()
    spot: tuple[str, ...] = ()
    backend: str | None = None
    backends: list[str] | None = None
    region: str | None = None
    regions: list[str] | None = None


class CpuGroup(Model, frozen=True):
    count: IntRange
    memory_mib: IntRange
    price: PriceRange
    cpu_arch: tuple[str, ...] = ()
    availability: tuple[str, ...] = ()
    spot: tuple[str, ...] = ()
    backend: str | None = None
    backends: list[str] | None = None
    region: str | None = None
    regions: list[str] | None = None


class OfferGroups(Model, frozen=True):
    """`cpus` is null where GPUs are asked for."""

    gpus: tuple[GpuGroup, ...] = ()
    cpus: list[CpuGroup] | None = None
