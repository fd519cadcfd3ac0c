"""What a job asks for and a fleet offers: CPU, memory, GPU and disk, with dstack's defaults."""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical, CountRange, Memory, MemoryRange

#: The lower bounds that dstack's client sends where its user asked for nothing.
DEFAULT_CPU, DEFAULT_MEMORY, DEFAULT_DISK = 2, 8.0, 100.0

_VENDORS = {
    "nvidia": "nvidia",
    "amd": "amd",
    "google": "google",
    "tpu": "google",
    "intel": "intel",
    "tenstorrent": "tenstorrent",
    "tt": "tenstorrent",
}
_NVIDIA = re.compile(r"(A|B|GB|GH|H|L|P|V|T)\d+|RTX|GTX|Quadro", re.IGNORECASE)


class CPUSpec(Canonical):
    arch: Literal["x86", "arm"] | None = None
    count: CountRange = CountRange(min=DEFAULT_CPU)

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, value: Any) -> Any:
        """`4`, "2..8", "arm:4..", and a plain range."""
        if isinstance(value, str) and ":" in value:
            arch, _, count = value.partition(":")
            return {"arch": arch.strip().lower(), "count": count.strip()}
        if isinstance(value, int | str) and not isinstance(value, bool):
            return {"count": value}
        if isinstance(value, dict) and ("min" in value or "max" in value):
            return {"count": value}
        return value


class GPUSpec(Canonical):
    vendor: Literal["nvidia", "amd", "google", "intel", "tenstorrent"] | None = None
    name: list[str] | None = None
    count: CountRange = CountRange(min=1)
    memory: MemoryRange | None = None
    total_memory: MemoryRange | None = None
    compute_capability: tuple[int, int] | None = None

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = {"count": value}
        elif isinstance(value, str):
            value = _tokens(value)
        if isinstance(value, dict):
            value = _normal(value)
        return value


def _tokens(text: str) -> dict[str, Any]:
    """ "A100:40GB:2", "nvidia:24GB..:1..8": each token says by its looks what it is."""
    spec: dict[str, Any] = {}
    for token in filter(None, (part.strip() for part in text.split(":"))):
        if token.lower() in _VENDORS and "vendor" not in spec:
            spec["vendor"] = token
        elif re.search(r"\d *[MGT]i?B", token, re.IGNORECASE):
            _once(spec, "memory", token, text)
        elif re.fullmatch(r"\d*(\.\.)?\d*", token):
            _once(spec, "count", token, text)
        elif token[0].isalpha():
            _once(spec, "name", [name.strip() for name in token.split(",")], text)
        else:
            raise ValueError(f"Cannot parse the gpu spec {text}")
    return spec


def _once(spec: dict[str, Any], key: str, value: Any, text: str) -> None:
    if key in spec:
        raise ValueError(f"Cannot parse the gpu spec {text}: {key} is there twice")
    spec[key] = value


def _normal(spec: dict[str, Any]) -> dict[str, Any]:
    spec = dict(spec)
    if isinstance(spec.get("name"), str):
        spec["name"] = [name.strip() for name in spec["name"].split(",")]
    if isinstance(vendor := spec.get("vendor"), str):
        spec["vendor"] = _VENDORS.get(vendor.lower(), vendor)
    elif _all_nvidia(spec.get("name")):
        spec["vendor"] = "nvidia"
    if isinstance(capability := spec.get("compute_capability"), str | float):
        spec["compute_capability"] = str(capability).split(".")
    return spec


def _all_nvidia(names: Any) -> bool:
    return (
        isinstance(names, list)
        and all(isinstance(n, str) and _NVIDIA.match(n) for n in names)
        and bool(names)
    )


class DiskSpec(Canonical):
    size: MemoryRange

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, value: Any) -> Any:
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return {"size": value}
        if isinstance(value, dict) and ("min" in value or "max" in value):
            return {"size": value}
        return value


def _default_gpu() -> GPUSpec:
    return GPUSpec(count=CountRange(min=0))


def _default_disk() -> DiskSpec:
    return DiskSpec(size=MemoryRange(min=DEFAULT_DISK))


class ResourcesSpec(Canonical):
    cpu: CPUSpec = CPUSpec()
    memory: MemoryRange = MemoryRange(min=DEFAULT_MEMORY)
    shm_size: Memory | None = None
    # By a factory, so that the OpenAPI document has no object as default: generators of clients refuse it beside null.
    gpu: GPUSpec | None = Field(default_factory=_default_gpu)
    disk: DiskSpec | None = Field(default_factory=_default_disk)


def _or_default(value: Any) -> Any:
    return {} if value is None else value


#: A null where resources are expected means the defaults.
Resources = Annotated[ResourcesSpec, BeforeValidator(_or_default)]
