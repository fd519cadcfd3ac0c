"""Which server a test run takes: a URL given, a container, a program on PATH, what infra/servers installed; or none."""

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from infra.testservers import docker, mongo, rabbitmq
from infra.testservers.docker import DockerEngine
from infra.testservers.install import command_for, engine_url
from infra.testservers.mongo import Mongo
from infra.testservers.place import fresh_directory
from infra.testservers.rabbitmq import RabbitMQ
from tests.servers import containers


class Breakable(Protocol):
    """A server that the test may hurt: nobody else uses it. `start` brings it back with its data."""

    @property
    def url(self) -> str:
        """Where it listens, also while it doesn't."""

    @property
    def running(self) -> bool:
        """Whether it lives."""

    def start(self) -> None:
        """Returns when it is ready."""

    def stop(self) -> None:
        """Ends it in order."""

    def kill(self) -> None:
        """Ends it as a crash would."""

    def pause(self) -> None:
        """Freezes it: connections stay open and nothing answers."""

    def resume(self) -> None:
        """Ends what `pause` began."""

    def discard(self) -> None:
        """Ends it and removes its data."""


@dataclass(frozen=True)
class Located:
    """A server that is there: its addresses, how it was found, and by what another process finds and ends it."""

    addresses: dict[str, str]
    found: str
    handle: str = ""


class Missing(RuntimeError):
    """No way leads to the server; the message names the command that brings it."""


def own_server(name: str) -> Breakable:
    """A server that nobody else has, not started yet. Raises Missing."""
    if name != "docker" and containers.available(_IMAGES[name]):
        return _CONTAINERS[name](None)
    if _PROGRAMS[name]() is None:
        raise Missing(f"no {name}: no URL in the environment, no image, no program; {command_for(name)}")
    return _SERVERS[name](fresh_directory(name))


@contextlib.contextmanager
def shared_server(name: str, run: Path) -> Iterator[Located]:
    """The one server `name` of the test run whose common directory is `run`; its last user ends it. Raises Missing."""
    located = _given(name)
    if located is not None:
        yield located
        return
    with _users(name, run) as users:
        located = Located(**users["located"]) if users["count"] else _start(name)
        users |= {"count": users["count"] + 1, "located": asdict(located)}
    try:
        yield located
    finally:
        with _users(name, run) as users:
            users["count"] -= 1
            if not users["count"]:
                _by_handle(name, located.handle).discard()


_PROGRAMS: dict[str, Callable[[], str | None]] = {
    "rabbitmq": rabbitmq.program,
    "mongo": mongo.program,
    "docker": docker.program,
}
_SERVERS: dict[str, Callable[[Path], Breakable]] = {
    "rabbitmq": RabbitMQ,
    "mongo": Mongo,
    "docker": DockerEngine,
}
_IMAGES = {"rabbitmq": containers.RABBITMQ_IMAGE, "mongo": containers.MONGO_IMAGE}
_CONTAINERS: dict[str, Callable[[str | None], Breakable]] = {
    "rabbitmq": containers.ContainerRabbitMQ,
    "mongo": containers.ContainerMongo,
}


def _given(name: str) -> Located | None:
    environment = os.environ
    if name == "docker":
        url = engine_url()
        return Located({"url": url}, "engine that answers") if url else None
    variable = {"rabbitmq": "RUNFOLD_TEST_AMQP_URL", "mongo": "RUNFOLD_TEST_MONGO_URL"}[name]
    if variable not in environment:
        return None
    addresses = {"url": environment[variable]}
    if name == "rabbitmq":
        management = environment.get("RUNFOLD_TEST_AMQP_MANAGEMENT_URL")
        addresses["management_url"] = management or _default_management(environment[variable])
    return Located(addresses, f"server of {variable}")


def _default_management(url: str) -> str:
    parts = urlsplit(url)
    return f"http://{parts.username or 'guest'}:{parts.password or 'guest'}@{parts.hostname}:15672"


def _start(name: str) -> Located:
    server = own_server(name)
    server.start()
    addresses = {"url": server.url}
    if isinstance(server, RabbitMQ | containers.ContainerRabbitMQ):
        addresses["management_url"] = server.management_url
    if isinstance(server, containers.ContainerServer):
        return Located(addresses, f"container of {_IMAGES[name]}", f"container:{server.identity}")
    directory = getattr(server, "directory")  # noqa: B009 - the three program servers have it
    return Located(addresses, f"program {_PROGRAMS[name]()}", f"program:{directory}")


def _by_handle(name: str, handle: str) -> Breakable:
    kind, _, value = handle.partition(":")
    return _CONTAINERS[name](value) if kind == "container" else _SERVERS[name](Path(value))


@contextlib.contextmanager
def _users(name: str, run: Path) -> Iterator[dict[str, Any]]:
    """How many processes use the server, and where it is; the workers of one test run take turns at this file."""
    with (run / f"server-{name}.json").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        users: dict[str, Any] = json.loads(file.read() or '{"count": 0}')
        yield users
        file.seek(0)
        file.truncate()
        json.dump(users, file)
