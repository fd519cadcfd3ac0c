"""Hosts and instances as dstack describes machines."""

from typing import Any

from runfold.contracts.values import Quantities
from runfold.domain.cell.state import Cell
from runfold.domain.instance.state import Host, Instance
from runfold.domain.job.state import Attempt, Job
from runfold.gateway.ssh.address import HOST, JOB_PORT, SshAddress

MIB, GIB = 1024**2, 1024**3


#: What this host's backend is called to clients.
REMOTE = "remote"
#: The one region that backend `local` has, and the one type of its instances.
REGION, INSTANCE_TYPE = "local", "instance"


def backend(name: str) -> str:
    """Clients know a closed list of backends, and this host's is none of them."""
    return REMOTE if name == "local" else name


def resources(capacity: Quantities, arch: str, gpu_name: str = "GPU") -> dict[str, Any]:
    gpus = [{"name": gpu_name, "memory_mib": 0, "vendor": None}] * (capacity.gpu // 1000)
    return {
        "cpus": capacity.cpu // 1000,
        "memory_mib": capacity.memory // MIB,
        "gpus": gpus,
        "spot": False,
        "disk": {"size_mib": capacity.disk // MIB},
        "cpu_arch": arch if arch in ("x86", "arm") else None,
        "description": _description(capacity),
    }


def instance_type(capacity: Quantities, host: Host | None) -> dict[str, Any]:
    arch = host.arch if host else "x86"
    return {"name": INSTANCE_TYPE, "resources": resources(capacity, arch)}


def provisioning_data(attempt: Attempt, cell: Cell, ssh: SshAddress | None) -> dict[str, Any] | None:
    """Where an attempt was placed, and how its users get in by `ssh`; None before it is placed."""
    instance = cell.instances.get(attempt.instance_id or "")
    if instance is None or instance.capacity is None:
        return None
    host = cell.hosts.get(instance.host_id or "")
    return {
        "backend": backend(instance.backend),
        "base_backend": None,
        "instance_type": instance_type(instance.capacity, host),
        "instance_id": instance.name,
        **_way_in(attempt, instance, ssh),
        "internal_ip": None,
        "public_ip_enabled": True,
        "instance_network": None,
        "region": instance.region or "",
        "availability_zone": None,
        "reservation": None,
        "price": price(instance),
        "username": "root",
        "backend_data": None,
        "gpu_driver": None,
    }


def _way_in(attempt: Attempt, instance: Instance, ssh: SshAddress | None) -> dict[str, Any]:
    """By our front door as the jump host: the login there names the attempt (dstack spec, section 6)."""
    if ssh is None:
        return {"hostname": instance.hostname, "ssh_port": None, "dockerized": True, "ssh_proxy": None}
    return {
        "hostname": f"{HOST}{attempt.id}",
        "ssh_port": JOB_PORT,
        "dockerized": False,
        "ssh_proxy": {"hostname": ssh.host, "username": attempt.id, "port": ssh.port},
    }


def runtime_data(job: Job, attempt: Attempt) -> dict[str, Any] | None:
    """What an attempt got; None before it was placed."""
    if attempt.placed_at is None:
        return None
    reserved = attempt.reserved
    return {
        "network_mode": "host" if job.spec.host_network else "bridge",
        "gpu": reserved.gpu // 1000,
        "cpu": reserved.cpu / 1000,
        "memory": reserved.memory / GIB,
        "ports": attempt.ports,
        "volume_names": None,
        "offer": None,
        "working_dir": None,
        "username": None,
    }


def price(instance: Instance) -> float:
    """Dollars an hour."""
    return instance.price_micros / 1_000_000


def _description(capacity: Quantities) -> str:
    """As `dstack offer` shows it."""
    told = [f"cpu={capacity.cpu // 1000}", f"mem={_whole(capacity.memory / GIB)}GB"]
    told.append(f"disk={_whole(capacity.disk / GIB)}GB")
    if capacity.gpu >= 1000:
        told.append(f"gpu={capacity.gpu // 1000}")
    return " ".join(told)


def _whole(amount: float) -> str:
    return f"{amount:.1f}".removesuffix(".0")
