"""No port's effect is forgotten: each method of each port is walked, or it is said why not."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Protocol

import pytest

from runfold.bus.dead_letters import DeadLetters
from runfold.bus.port import Bus, Subscription
from runfold.eventlog.archives import ArchiveReader, ArchiveStore
from runfold.eventlog.cursors import CursorStore
from runfold.eventlog.keys import KeyStore
from runfold.eventlog.metrics import MetricsReader, MetricsStore
from runfold.eventlog.output import OutputReader, OutputStore
from runfold.eventlog.port import CommitStore, EventLog
from runfold.eventlog.runs import RunReader, RunStore
from runfold.executor.host import Host
from runfold.executor.journal import Journal
from runfold.executor.runtime import Runtime
from runfold.provisioner.backend import Backend
from runfold.service.connections import Connections
from runfold.service.rebuilds import Rebuilds
from tests.chaos.calls import CALLS, POINTS
from tests.chaos.mortal import resolve

#: Packages that have ports or adapters.
_PACKAGES = ("eventlog", "bus", "ports", "service", "gateway", "scheduler", "provisioner", "executor", "log")

PORTS: tuple[type, ...] = (
    *(CommitStore, EventLog, CursorStore, KeyStore, OutputReader, OutputStore, MetricsReader, MetricsStore),
    *(RunReader, RunStore, Rebuilds, ArchiveReader, ArchiveStore),
    *(Bus, Subscription, DeadLetters, Connections, Journal, Runtime, Host, Backend),
)
#: Protocols within a process, by name and why nothing outside of it changes by them.
NO_PORTS = {
    "Clock": "reads the time",
    "Ids": "draws random bytes",
    "Feed": "the part of Bus that a follower knows",
    "Message": "a value",
    "Prepared": "makes empty collections, again at each start",
    "Taker": "a queue within the process",
    "Span": "telemetry, which may be lost",
    "Tracer": "telemetry, which may be lost",
    "Component": "what a process is made of",
    "Part": "what a process is made of",
    "Activity": "what the active replica does, by other ports",
    "Session": "of a runtime: somebody's connection, which ends with this process",
    "Secrets": "encrypts, with keys of KeyStore",
    "UntoldToken": "of the embedded wiring: a distributed gateway keeps no file",
}
#: Methods that change nothing outside, or whose change goes with the process whatever it does.
READS = {
    "CommitStore": {"read", "outline", "last", "close"},
    "EventLog": {"head", "read", "wait"},
    "CursorStore": {"get", "close"},
    "KeyStore": {"get", "close"},
    "OutputReader": {"poll", "read_from", "stored"},
    "OutputStore": {"poll", "read_from", "stored", "close"},
    "MetricsReader": {"read", "close"},
    "MetricsStore": {"read", "close"},
    "ArchiveReader": {"get"},
    "ArchiveStore": {"get", "close"},
    "RunReader": {"generations", "get", "of_attempt", "page"},
    "RunStore": {"generations", "get", "of_attempt", "page", "close"},
    "Rebuilds": {"progress"},
    "Bus": {"on_connected", "connected", "durable"},
    "DeadLetters": {"count", "peek", "find"},
    "Journal": {"load", "close"},
    "Runtime": {"name", "probe", "refusal", "ended", "read", "sample", "execute", "dial", "close"},
    "Host": {"facts", "uptime", "heartbeat"},
    "Backend": {"name"},
}
#: Effects that no walk gets to, and why.
NOT_WALKED = {
    "Connections.request": "a connection that goes with whoever asked for it; tests/end_to_end/test_attach.py",
    "ArchiveStore.keep": "the same content again is the same archive; tests/contract/archives",
    "KeyStore.delete": "a key goes when its month is long over; tests/unit/log/test_retention.py",
}
#: Adapters and wrappers that no distributed service reaches the outside by: twins in memory, those of one process,
#: and what only hands calls on.
NOT_DISTRIBUTED = {
    "InProcessBus",
    "InProcessDeadLetters",
    "InProcessSubscription",
    "MeasuredLog",
    "Writer",
    "_Face",
}


def test_each_protocol_is_a_port_or_it_is_said_why_it_is_none() -> None:
    found = {cls.__name__ for cls in _classes() if _is_protocol(cls)}
    assert found == {port.__name__ for port in PORTS} | set(NO_PORTS)


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_each_method_of_a_port_is_walked_or_it_is_said_why_not(port: type) -> None:
    walked = {call.method for call in CALLS}
    methods = _members(port) - READS.get(port.__name__, set())
    assert {f"{port.__name__}.{method}" for method in methods} <= walked | set(NOT_WALKED)


def test_what_needs_no_walk_isnt_walked_and_exists() -> None:
    walked = {call.method for call in CALLS}
    assert not walked & set(NOT_WALKED)
    methods = {f"{port.__name__}.{method}" for port in PORTS for method in _members(port)}
    assert set(NOT_WALKED) | {f"{port}.{name}" for port, names in READS.items() for name in names} <= methods


def test_each_adapter_of_a_distributed_service_is_walked_in_each_method_with_an_effect() -> None:
    targets = {call.target for call in CALLS}
    forgotten = [
        f"{cls.__module__}:{cls.__qualname__}.{method}"
        for port in PORTS
        for cls in _adapters(port)
        for method in _members(port) - READS.get(port.__name__, set())
        if f"{port.__name__}.{method}" not in NOT_WALKED
        and f"{cls.__module__}:{cls.__qualname__}.{method}" not in targets
    ]
    assert forgotten == []


@pytest.mark.parametrize("target", sorted({call.target for call in CALLS}))
def test_each_call_is_there(target: str) -> None:
    owner, name = resolve(target)
    assert callable(getattr(owner, name))


def test_what_is_left_out_exists() -> None:
    names = {cls.__name__ for cls in _classes()}
    assert names >= NOT_DISTRIBUTED


def test_each_point_has_a_name_of_its_own() -> None:
    assert len({str(point) for point in POINTS}) == len(POINTS)


def _classes() -> Iterator[type]:
    for package in _PACKAGES:
        root = importlib.import_module(f"runfold.{package}")
        for module in _modules(root):
            for _, cls in inspect.getmembers(module, inspect.isclass):
                if cls.__module__ == module.__name__:
                    yield cls


def _modules(root: ModuleType) -> Iterator[ModuleType]:
    yield root
    for found in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
        if not found.name.endswith(("__main__", ".supervisor")):
            yield importlib.import_module(found.name)


def _is_protocol(cls: type) -> bool:
    return bool(getattr(cls, "_is_protocol", False)) and cls is not Protocol


def _members(port: type) -> set[str]:
    """Of a protocol and those it extends."""
    found: set[str] = set()
    for cls in port.__mro__:
        if _is_protocol(cls):
            members: dict[str, Any] = {**vars(cls), **vars(cls).get("__annotations__", {})}
            found |= {name for name in members if not name.startswith("_")}
    return found


def _adapters(port: type) -> list[type]:
    """Of its shape: all its methods, and not of what extends it."""
    return [
        cls
        for cls in _classes()
        if not _is_protocol(cls)
        and all(callable(getattr(cls, name, None)) for name in _functions(port))
        and cls.__name__ not in NOT_DISTRIBUTED
        and not cls.__module__.rpartition(".")[2].startswith("memory")
        and not cls.__module__.endswith(("_memory", "sqlite", "_sqlite"))
    ]


def _functions(port: type) -> set[str]:
    return {name for name in _members(port) if inspect.isfunction(getattr(port, name, None))}
