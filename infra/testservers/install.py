"""Brings what the tests' servers need: Debian's packages as root, the rest into the checkout."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.testservers import docker, mongo, rabbitmq
from infra.testservers.environment import environment
from infra.testservers.place import INSTALLED
from infra.testservers.program import which

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Part:
    """One server: how to tell that it is there, and what brings it."""

    name: str
    found: Callable[[], bool]
    packages: tuple[str, ...] = ()


def _docker_is_here() -> bool:
    if engine_url() is not None:
        return which("busybox") is not None
    return docker.program() is not None and all(which(name) for name in ("busybox", "debootstrap"))


PARTS = (
    Part("rabbitmq", lambda: rabbitmq.program() is not None, packages=("rabbitmq-server",)),
    Part("mongo", lambda: mongo.program() is not None),
    Part(
        "docker",
        _docker_is_here,
        packages=("docker.io", "iptables", "iproute2", "busybox-static", "debootstrap"),
    ),
)


def engine_url() -> str | None:
    """The Docker engine that this user has already, if one answers."""
    candidates = [os.environ.get("DOCKER_HOST"), "unix:///var/run/docker.sock"]
    return next((url for url in candidates if url and docker.answers(url)), None)


def say(text: str) -> None:
    """One line for who watches."""
    print(f"infra/servers: {text}", file=sys.stderr, flush=True)


def install(names: Sequence[str]) -> bool:
    """Installs what lacks of `names`; says what, and for what it may not install, the command. True if all is there."""
    missing = [part for part in PARTS if part.name in names and not part.found()]
    _install_packages([package for part in missing for package in part.packages])
    if any(part.name == "mongo" for part in missing):
        _install_mongo()
    lacking = [part for part in missing if not part.found()]
    for part in lacking:
        say(f"{part.name} is missing; {command_for(part.name)}")
    return not lacking


def command_for(name: str) -> str:
    """What a message says about how to get the server `name`."""
    if name == "docker" and which("dockerd") and os.geteuid() != 0:
        return "no engine answers this user; this lets it: sudo usermod -aG docker $USER (and log in again)"
    packages = next(part.packages for part in PARTS if part.name == name)
    if not packages:
        return "this brings it: infra/servers install"
    return f"this brings it: sudo apt-get install -y --no-install-recommends {' '.join(packages)}"


def _install_packages(packages: Sequence[str]) -> None:
    if not packages or os.geteuid() != 0 or which("apt-get") is None:
        return
    say(f"installing Debian's packages {', '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", *command], env=environment, stdout=subprocess.DEVNULL, check=False)


def _install_mongo() -> None:
    INSTALLED.mkdir(parents=True, exist_ok=True)
    if not _build_ferretdb():
        _install_nx()


def _build_ferretdb() -> bool:
    go = which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        return False
    say("building FerretDB 1.24.2 with Go (a minute or two, once)")
    unfinished = INSTALLED / "ferretdb.new"
    # The toolchain that is there, or none: it is no part of the bargain to fetch another.
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "", "CGO_ENABLED": "0"}
    command = [go, "build", "-trimpath", "-buildvcs=false", "-o", str(unfinished), "."]
    built = subprocess.run(
        command, cwd=HERE / "ferretdb", env=environment, capture_output=True, text=True, check=False
    )
    if built.returncode != 0:
        say(f"Go could not build it: {built.stderr.strip().splitlines()[-1:]}")
        return False
    unfinished.rename(mongo.FERRETDB)
    return True


def _install_nx() -> None:
    say("installing nx-27017 from the package index")
    try:
        environment("nx", HERE / "nx.lock")
    except subprocess.CalledProcessError as problem:
        say(f"it can't be had: {problem}")
