"""Times, amounts and resources in few words."""

from datetime import datetime
from typing import Any

from runfold.client.models.machines import HostResources

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def ago(at: datetime | None, now: datetime) -> str:
    """`now`, `5s ago`, `3h ago`."""
    if at is None:
        return "-"
    passed = int((now - at).total_seconds())
    return f"{brief(passed)} ago" if passed >= 1 else "now"


def brief(seconds: float) -> str:
    """In the largest unit that there is one of: `0s`, `59s`, `3h`."""
    whole = int(seconds)
    return next((f"{whole // size}{unit}" for size, unit in _UNITS if whole >= size), "0s")


def span(seconds: float) -> str:
    """As people say how long something took: `0.4s`, `12s`, `2m 5s`, `3h 20m`."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = int(seconds)
    parts = [(whole // 3600, "h"), (whole % 3600 // 60, "m"), (whole % 60, "s")]
    told = [f"{count}{unit}" for count, unit in parts if count]
    return " ".join(told[:2])


def megabytes(count: float) -> str:
    """Of bytes, in the unit that leaves few digits."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("unreachable: the last unit takes everything")


def price(dollars: float | None) -> str:
    return "-" if dollars is None else f"${dollars:.4f}".rstrip("0").rstrip(".")


def host(resources: HostResources) -> str:
    """What a machine has: `cpu=8 mem=32GB disk=100GB gpu=A100:40GB:2`."""
    told = [f"cpu={resources.cpus}", f"mem={resources.memory_mib / 1024:.0f}GB"]
    if resources.disk.size_mib:
        told.append(f"disk={resources.disk.size_mib / 1024:.0f}GB")
    if resources.gpus:
        first = resources.gpus[0]
        told.append(f"gpu={first.name}:{first.memory_mib / 1024:.0f}GB:{len(resources.gpus)}")
    return " ".join(told)


def asked(resources: dict[str, Any] | None) -> str:
    """What a configuration asks for, in its canonical form: `cpu=2.. mem=8GB.. disk=100GB..`."""
    if not resources:
        return "-"
    cpu, gpu, disk = (resources.get(name) or {} for name in ("cpu", "gpu", "disk"))
    told = {
        "cpu": (f"{cpu['arch']}:" if cpu.get("arch") == "arm" else "") + bounds(cpu.get("count")),
        "mem": bounds(resources.get("memory"), "GB"),
        "disk": bounds(disk.get("size"), "GB"),
        "gpu": _gpu(gpu),
    }
    return " ".join(f"{name}={value}" for name, value in told.items() if value)


def bounds(of: Any, unit: str = "") -> str:
    """`2..8GB` out of {min, max}."""
    if not isinstance(of, dict):
        return ""
    low, high = (_plain(of.get(bound), unit) for bound in ("min", "max"))
    return low if low == high else f"{low}..{high}"


def _gpu(gpu: dict[str, Any]) -> str:
    count = gpu.get("count") or {}
    if not gpu.get("name") and not gpu.get("memory") and not count.get("min") and not count.get("max"):
        return ""
    parts = [",".join(gpu.get("name") or ()), bounds(gpu.get("memory"), "GB"), bounds(count)]
    return ":".join(part for part in parts if part)


def _plain(value: Any, unit: str) -> str:
    return "" if value is None else f"{value:g}{unit}"
