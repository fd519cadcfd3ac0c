"""infra/servers: installs, starts, stops and shows the servers that the tests need."""

import argparse
import contextlib
import fcntl
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from infra.testservers import docker
from infra.testservers.docker import DockerEngine
from infra.testservers.install import PARTS, command_for, install, say
from infra.testservers.mongo import Mongo
from infra.testservers.place import INSTALLED, fresh_directory
from infra.testservers.program import StartFailed
from infra.testservers.rabbitmq import RabbitMQ

NAMES = tuple(part.name for part in PARTS)
#: Which directory each started server has.
STATE = INSTALLED / "running.json"


class Server(Protocol):
    """What every server here can do."""

    @property
    def running(self) -> bool:
        """Whether its process lives."""

    def start(self) -> None:
        """Returns when it is ready."""

    def discard(self) -> None:
        """Ends it and removes its data."""


def server(name: str, directory: Path) -> Server:
    """The server `name` with its data in `directory`, whoever started it."""
    servers: dict[str, Callable[[Path], Server]] = {
        "rabbitmq": RabbitMQ,
        "mongo": Mongo,
        "docker": DockerEngine,
    }
    return servers[name](directory)


def variables(started: Server) -> dict[str, str]:
    """The environment variables by which tests and services find a started server."""
    match started:
        case RabbitMQ():
            return {
                "RUNFOLD_TEST_AMQP_URL": started.url,
                "RUNFOLD_TEST_AMQP_MANAGEMENT_URL": started.management_url,
            }
        case Mongo():
            return {"RUNFOLD_TEST_MONGO_URL": started.url}
        case DockerEngine():
            return {"DOCKER_HOST": started.url}
        case _:
            return {}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="infra/servers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("install", "install what is missing: Debian's packages as root, the rest into the checkout"),
        ("start", "start them with fresh data, and print the variables by which tests find them"),
        ("stop", "end them and remove their data"),
        ("status", "say what is installed and what runs"),
    ):
        commands.add_parser(name, help=text).add_argument("servers", nargs="*", metavar="|".join(NAMES))
    around = commands.add_parser(
        "with", help="start them, run a command with the variables set, and stop them"
    )
    around.add_argument("run", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    options = parser.parse_args(arguments)
    if options.command == "with":
        return run_with(options.run)
    names = options.servers or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"unknown server: {', '.join(sorted(unknown))}")
    return {"install": _install, "start": _start, "stop": _stop, "status": _status}[options.command](names)


def run_with(command: Sequence[str]) -> int:
    """Runs `command` beside all servers; those that it started end with it."""
    command = [*command[1:]] if command[:1] == ["--"] else list(command)
    before = set(_state())
    if _start(NAMES, quiet=True) != 0:
        return 1
    environment = dict(os.environ)
    for name, directory in _state().items():
        environment |= variables(server(name, directory))
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        _stop([name for name in NAMES if name not in before])


def _install(names: Sequence[str]) -> int:
    return 0 if install(names) else 1


def _start(names: Sequence[str], quiet: bool = False) -> int:
    failed = False
    for name in names:
        try:
            started = _ensure_started(name)
        except (FileNotFoundError, StartFailed) as problem:
            failed = True
            say(f"{problem}")
            if isinstance(problem, FileNotFoundError):
                say(command_for(name))
            continue
        for variable, value in variables(started).items() if not quiet else ():
            print(f"export {variable}={value}", flush=True)
    return 1 if failed else 0


def _ensure_started(name: str) -> Server:
    with _state_lock():
        state = _state()
        if name in state and server(name, state[name]).running:
            return server(name, state[name])
        if name in state:
            # What a stopped machine left is not reused: data is fresh at each start.
            server(name, state[name]).discard()
        state[name] = fresh_directory(name)
        _write(state)
        started = server(name, state[name])
        started.start()
        if isinstance(started, DockerEngine):
            docker.ensure_shell_image(started.url)
        return started


def _stop(names: Sequence[str]) -> int:
    with _state_lock():
        state = _state()
        for name in names:
            if name in state:
                server(name, state.pop(name)).discard()
                say(f"{name} stopped")
        _write(state)
    return 0


def _status(names: Sequence[str]) -> int:
    state = _state()
    for part in (part for part in PARTS if part.name in names):
        at = state.get(part.name)
        started = server(part.name, at) if at is not None else None
        if started is not None and started.running:
            print(f"{part.name}: runs, {' '.join(f'{k}={v}' for k, v in variables(started).items())}")
        else:
            print(f"{part.name}: {'installed' if part.found() else f'missing; {command_for(part.name)}'}")
    return 0


def _state() -> dict[str, Path]:
    if not STATE.exists():
        return {}
    directories = {name: Path(directory) for name, directory in json.loads(STATE.read_text()).items()}
    return {name: directory for name, directory in directories.items() if directory.exists()}


def _write(state: dict[str, Path]) -> None:
    STATE.write_text(json.dumps({name: str(directory) for name, directory in state.items()}))


@contextlib.contextmanager
def _state_lock() -> Iterator[None]:
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
