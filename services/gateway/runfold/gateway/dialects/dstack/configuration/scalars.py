"""Durations, amounts of memory and ranges, in all their spellings."""

import math
import re
from typing import Annotated, Any, Literal

from annotated_types import Ge
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

_DURATION = re.compile(r"(\d+) *([smhdw])?")
_SECONDS = {None: 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_MEMORY = re.compile(r"(\d+(?:\.\d+)?) *(?:(M|G|T)i?B)?", re.IGNORECASE)
_GIGABYTES = {None: 1.0, "M": 1 / 1024, "G": 1.0, "T": 1024.0}
_LONGEST = 2**31  #: seconds; what is longer is a mistake
_LARGEST = 2.0**30  #: gigabytes


class Canonical(BaseModel):
    """Base of all configurations: newer clients send more fields than are known here."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def duration(value: Any) -> Any:
    """Seconds out of `90`, "90", "5m", "2h"; other types are left for pydantic to refuse."""
    if isinstance(value, bool):
        raise ValueError("true and false are no durations")
    if isinstance(value, str):
        found = _DURATION.fullmatch(value.strip().lower())
        if found is None:
            raise ValueError(f"Cannot parse the duration {value}")
        value = int(found[1][:20]) * _SECONDS[found[2]]
    if isinstance(value, int):
        if value < 0:
            raise ValueError("Duration cannot be negative")
        if value > _LONGEST:
            raise ValueError("Duration is too long")
    return value


def duration_or_off(value: Any) -> Any:
    """As `duration`; false is "off", true is null."""
    if value is True:
        return None
    if value is False or (isinstance(value, str) and value.strip().lower() == "off"):
        return "off"
    return duration(value)


def idle_duration(value: Any) -> Any:
    """As `duration`; "off", false and -1 are -1, true is null."""
    if value is True:
        return None
    if value is False or value in (-1, "-1") or (isinstance(value, str) and value.strip().lower() == "off"):
        return -1
    return duration(value)


def memory(value: Any) -> Any:
    """Gigabytes out of `16`, "16GB", "512MB", "1TB"."""
    if isinstance(value, bool):
        raise ValueError("true and false are no amounts of memory")
    if isinstance(value, str):
        found = _MEMORY.fullmatch(value.strip())
        if found is None:
            raise ValueError(f"could not convert string to float: '{value}'")
        value = float(found[1][:40]) * _GIGABYTES[found[2].upper() if found[2] else None]
    if isinstance(value, int | float) and not (math.isfinite(value) and 0 <= value <= _LARGEST):
        raise ValueError(f"Memory must be from 0 to {_LARGEST:.0f} GB")
    return value


Duration = Annotated[int, BeforeValidator(duration)]
DurationOrOff = Annotated[int | Literal["off"] | None, BeforeValidator(duration_or_off)]
IdleDuration = Annotated[int | None, BeforeValidator(idle_duration)]
Memory = Annotated[float, BeforeValidator(memory)]
Count = Annotated[int, Ge(0)]


def _spread(value: Any) -> Any:
    """`8`, "2..8", "4..", "..8" as {min, max}."""
    if isinstance(value, str) and ".." in value:
        low, _, high = value.partition("..")
        low, high = low.strip(), high.strip()
        if not low and not high:
            raise ValueError(f"Invalid range: {value}")
        return {"min": low or None, "max": high or None}
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        return {"min": value, "max": value}
    return value


class CountRange(Canonical):
    min: Count | None = None
    max: Count | None = None

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, value: Any) -> Any:
        return _spread(value)

    @model_validator(mode="after")
    def _ordered(self) -> "CountRange":
        _check_order(self.min, self.max)
        return self


class MemoryRange(Canonical):
    min: Memory | None = None
    max: Memory | None = None

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, value: Any) -> Any:
        return _spread(value)

    @model_validator(mode="after")
    def _ordered(self) -> "MemoryRange":
        _check_order(self.min, self.max)
        return self


def _check_order(low: float | None, high: float | None) -> None:
    if low is None and high is None:
        raise ValueError("Invalid range: ..")
    if low is not None and high is not None and low > high:
        raise ValueError(f"Invalid range order: {low}..{high}")
