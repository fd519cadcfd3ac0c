"""Offers without GPUs in groups: all in one, or apart by backend, region and number of CPUs."""

from collections.abc import Collection, Iterable
from typing import Any

from runfold.gateway.dialects.dstack.requests.gpus import Grouping

Offer = dict[str, Any]
_READY = {"idle", "available"}


def cpu_groups(offers: Iterable[Offer], by: Collection[Grouping]) -> list[dict[str, Any]]:
    """Those first that have something ready, then the cheapest, then the smallest."""
    groups: dict[tuple[Any, ...], list[Offer]] = {}
    for offer in offers:
        groups.setdefault(_key(offer, by), []).append(offer)
    return sorted((_group(members, by) for members in groups.values()), key=_rank)


def _key(offer: Offer, by: Collection[Grouping]) -> tuple[Any, ...]:
    parts = {
        "backend": offer["backend"],
        "region": offer["region"],
        "count": offer["instance"]["resources"]["cpus"],
    }
    return tuple(value for name, value in parts.items() if name in by)


def _group(offers: list[Offer], by: Collection[Grouping]) -> dict[str, Any]:
    """What it is grouped by is said as one value; regions are a backend's, so only with it."""
    resources = [offer["instance"]["resources"] for offer in offers]
    backends, regions = _each(o["backend"] for o in offers), _each(o["region"] for o in offers)
    by_backend, by_region = "backend" in by, "region" in by
    return {
        "cpu_arch": _each(each["cpu_arch"] for each in resources if each["cpu_arch"]),
        "count": _range(each["cpus"] for each in resources),
        "memory_mib": _range(each["memory_mib"] for each in resources),
        "price": _range(offer["price"] for offer in offers),
        "availability": _each(offer["availability"] for offer in offers),
        "spot": _each("spot" if each["spot"] else "on-demand" for each in resources),
        "backends": None if by_backend else backends,
        "backend": backends[0] if by_backend else None,
        "regions": regions if by_backend and not by_region else None,
        "region": regions[0] if by_region else None,
    }


def _each(values: Iterable[str]) -> list[str]:
    """Once, in the order in which they come first."""
    return list(dict.fromkeys(values))


def _range(values: Iterable[float]) -> dict[str, float]:
    all_of_them = list(values)
    return {"min": min(all_of_them), "max": max(all_of_them)}


def _rank(group: dict[str, Any]) -> tuple[Any, ...]:
    unready = _READY.isdisjoint(group["availability"])
    return (
        unready,
        group["price"]["min"],
        group["count"]["min"],
        group["backend"] or "",
        group["region"] or "",
    )
