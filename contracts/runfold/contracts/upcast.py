"""Lifts the data of older event versions, one version at a time, before it is decoded."""

from collections.abc import Callable
from typing import Any

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


def _instance_provisioned_1(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had the price in dollars an hour as a float; sums of such drift."""
    dollars = data.pop("price", 0.0)
    return {**data, "price_micros": round(dollars * 1_000_000)}


#: (event type, version it lifts from) -> the data of the next version. Never removed, never changed.
UPCASTERS: dict[tuple[str, int], Upcaster] = {
    ("InstanceProvisioned", 1): _instance_provisioned_1,
}


def lift(name: str, version: int, target: int, data: dict[str, Any]) -> dict[str, Any]:
    """Data of `version` as data of `target`; KeyError when a step is missing."""
    for step in range(version, target):
        data = UPCASTERS[(name, step)](data)
    return data
