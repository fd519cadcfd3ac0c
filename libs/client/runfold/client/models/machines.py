"""What hosts have, and what could be had of them."""

from runfold.client.models.base import Model


class Disk(Model, frozen=True):
    size_mib: int = 0


class Gpu(Model, frozen=True):
    name: str
    memory_mib: int = 0
    vendor: str | None = None


class HostResources(Model, frozen=True):
    cpus: int
    memory_mib: int
    gpus: tuple[Gpu, ...] = ()
    spot: bool = False
    disk: Disk = Disk()
    cpu_arch: str | None = None


class InstanceType(Model, frozen=True):
    name: str
    resources: HostResources


class Offer(Model, frozen=True):
    """What could take a run; `price` is in dollars an hour."""

    backend: str
    instance: InstanceType
    region: str
    price: float
    availability: str = "unknown"
