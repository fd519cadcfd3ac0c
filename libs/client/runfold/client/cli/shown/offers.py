"""Offers in groups."""

from rich.table import Table

from runfold.client.cli.shown import words
from runfold.client.cli.shown.tables import Cell, table
from runfold.client.models.offers import CpuGroup, GpuGroup, IntRange, OfferGroups, PriceRange


def groups_table(groups: OfferGroups) -> Table:
    """GPUs where there are any, else CPUs."""
    columns = ("#", "name", "memory", "count", "price", "availability", "backend", "region")
    of = [_gpu(group) for group in groups.gpus] or [_cpu(group) for group in groups.cpus or ()]
    return table(columns, [[str(number), *row] for number, row in enumerate(of, 1)], right=("#",))


def _gpu(group: GpuGroup) -> list[Cell]:
    memory = f"{group.memory_mib / 1024:.0f}GB"
    return [group.name, memory, _counts(group.count), _prices(group.price), *_place(group)]


def _cpu(group: CpuGroup) -> list[Cell]:
    low, high = (f"{bound / 1024:.0f}GB" for bound in (group.memory_mib.min, group.memory_mib.max))
    name = "cpu " + "/".join(group.cpu_arch) if group.cpu_arch else "cpu"
    return [
        name,
        low if low == high else f"{low}..{high}",
        _counts(group.count),
        _prices(group.price),
        *_place(group),
    ]


def _place(group: GpuGroup | CpuGroup) -> list[Cell]:
    return [
        ", ".join(each.replace("_", " ") for each in group.availability),
        group.backend or ", ".join(group.backends or ()),
        group.region or ", ".join(group.regions or ()),
    ]


def _counts(count: IntRange) -> str:
    return str(count.min) if count.min == count.max else f"{count.min}..{count.max}"


def _prices(of: PriceRange) -> str:
    low, high = words.price(of.min), words.price(of.max)
    return low if low == high else f"{low}..{high}"
