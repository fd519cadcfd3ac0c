"""The golden samples: each is an event as a commit's body has it, every optional field set."""

from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

import msgspec

from runfold.contracts.envelope import Commit, CommitRecord, Envelope, EventRecord

ROOT = Path(__file__).parents[3] / "contracts"
NAMES = sorted(path.stem for path in (ROOT / "samples").glob("*.json"))

_record = msgspec.json.Decoder(EventRecord)


def record(name: str) -> EventRecord:
    return _record.decode((ROOT / "samples" / f"{name}.json").read_bytes())


def envelope(item: EventRecord, position: int = 7) -> Envelope:
    """The event as a follower gets it, out of an encoded commit at `position`, 2026-11-18T11:13:20.000001Z."""
    body = msgspec.Raw(msgspec.json.encode([item]))
    commit = Commit(
        CommitRecord(3, position, 1, 1_795_000_400_000_001, "log-1", ("append-1",), item.streams, body)
    )
    return commit.events[0]


def without_optionals(cls: type[Any], data: dict[str, Any]) -> list[dict[str, Any]]:
    """`data` with one optional field taken away, each in turn at every depth, and with all of them."""
    paths = list(_optional_paths(cls, data, ()))
    return [_without(data, [path]) for path in paths] + [_without(data, [p for p in paths if len(p) == 1])]


def _optional_paths(cls: type[Any], data: dict[str, Any], above: tuple[str, ...]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for field in fields(cls):
        path = (*above, field.name)
        if field.default is not MISSING or field.default_factory is not MISSING:
            found.append(path)
        if (inner := _dataclass_in(field.type)) and isinstance(data.get(field.name), dict):
            found.extend(_optional_paths(inner, data[field.name], path))
    return found


def _dataclass_in(hint: Any) -> type[Any] | None:
    candidates = [hint, *get_args(hint)]
    return next((c for c in candidates if isinstance(c, type) and is_dataclass(c)), None)


def _without(data: dict[str, Any], paths: list[tuple[str, ...]]) -> dict[str, Any]:
    copied: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(data))
    for *above, last in paths:
        holder = copied
        for step in above:
            holder = holder[step]
        holder.pop(last, None)
    return copied
