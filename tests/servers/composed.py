"""The five services of docker-compose.yml as containers, over servers that are none."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.distributed.installation import SERVICES
from infra.testservers.place import ROOT
from infra.testservers.program import StartFailed, which
from tests.servers.relay import Address, Relay

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
#: Apart from the images that a user of this engine may have built.
TAG = "test"
COLLECTOR = "collector:4318"


@dataclass(frozen=True)
class Outside:
    """A server of this machine, at `target`; containers find it at `port` of the name that the file gives it."""

    target: Address
    port: int


def build_images(engine_url: str, base: str, python: str) -> None:
    """Makes the five images as `just images` does, on `base` with Python `python`. Raises StartFailed."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DOCKER_HOST": engine_url,
        "BASE": base,
        "PYTHON": python,
        "TAG": TAG,
    }
    built = subprocess.run(
        [ROOT / "infra" / "images" / "build"], env=environment, capture_output=True, text=True, timeout=600
    )
    if built.returncode != 0:
        raise StartFailed(f"infra/images/build ended with {built.returncode}:\n{built.stdout}{built.stderr}")


class Composed:
    """Networks and containers of one test, all named `<name>-…`.

    `told` is what the environment file of each service says, `variables` what the file itself reads.
    """

    def __init__(
        self,
        engine_url: str,
        name: str,
        told: Mapping[str, Mapping[str, str]],
        outside: Mapping[str, Outside],
        variables: Mapping[str, str],
    ) -> None:
        self._engine_url = engine_url
        self._name = name
        self._told = told
        self._outside = outside
        self._variables = variables
        self._gateways: dict[str, str] = {}
        self._relays: list[Relay] = []

    def create(self) -> None:
        """Makes networks, ways to the servers, and containers, which aren't started yet."""
        for network, options in COMPOSE["networks"].items():
            self._create_network(network, internal=bool((options or {}).get("internal")))
        for server, outside in self._outside.items():
            for network in COMPOSE["services"][server]["networks"]:
                self._relays.append(Relay((self._gateways[network], outside.port), outside.target))
        for service in SERVICES:
            self._create_container(service)

    def start(self, within: float = 60) -> None:
        """Starts all five at once; returns when their health checks pass. Raises StartFailed with the logs."""
        self.docker("start", *map(self.container, SERVICES))
        deadline = time.monotonic() + within
        while (health := self._health()) != dict.fromkeys(SERVICES, "healthy"):
            if time.monotonic() > deadline:
                logs = "\n".join(f"{name}:\n{self.log(name)}" for name in SERVICES)
                raise StartFailed(f"not healthy within {within:.0f} s: {health}\n{logs}")
            time.sleep(0.2)

    def stop(self) -> dict[str, int]:
        """SIGTERM to all five, whoever depends on others first; the exit status of each."""
        for service in reversed(SERVICES):
            grace = COMPOSE["services"][service]["stop_grace_period"].removesuffix("s")
            self.docker("stop", "--time", grace, self.container(service))
        return {service: int(self._inspect(service, "{{.State.ExitCode}}")) for service in SERVICES}

    def discard(self) -> None:
        """Removes all that `create` made, as far as it came."""
        self._remove("ps", "rm", "--force", "--volumes")
        for relay in self._relays:
            relay.stop()
        self._remove("network ls", "network", "rm")
        self._remove("volume ls", "volume", "rm")

    @property
    def url(self) -> str:
        """Where clients reach the gateway."""
        published = self.docker("port", self.container("gateway"), "3000/tcp")
        return f"http://{published.splitlines()[0].strip()}"

    def container(self, service: str) -> str:
        """The name of its container."""
        return f"{self._name}-{service}"

    def environment(self, service: str) -> dict[str, str]:
        """What its container was really given, with what its image says."""
        lines = self._inspect(service, r'{{join .Config.Env "\n"}}').splitlines()
        return dict(line.split("=", 1) for line in lines)

    def python(self, service: str, program: str) -> str:
        """What a Python program prints inside its container."""
        return self.docker("exec", self.container(service), "python3", "-c", program)

    def log(self, service: str) -> str:
        """What it has written lately."""
        return self.docker("logs", "--tail", "15", self.container(service))

    def docker(self, *arguments: str) -> str:
        """What the engine's client prints, errors included. Raises CalledProcessError, which tells it."""
        command = [which("docker") or "docker", "--host", self._engine_url, *arguments]
        ended = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=90
        )
        assert ended.returncode == 0, f"docker {' '.join(arguments[:2])}: {ended.stdout}"
        return ended.stdout

    def _create_network(self, network: str, *, internal: bool) -> None:
        name = f"{self._name}-{network}"
        self.docker("network", "create", *(["--internal"] if internal else []), name)
        shown = self.docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", name)
        self._gateways[network] = shown.strip()

    def _create_container(self, service: str) -> None:
        says = COMPOSE["services"][service]
        first, *others = says["networks"]
        options = ["--name", self.container(service), "--network-alias", service]
        options += ["--network", f"{self._name}-{first}", *(["--init"] if says["init"] else [])]
        for server in self._outside:
            options += [f"--add-host={server}:{address}" for address in self._ways(service, server)[:1]]
        for variable, value in {**self._told[service], **says["environment"]}.items():
            options += ["--env", f"{variable}={self._here(value)}"]
        for volume in says.get("volumes", ()):
            options += ["--volume", self._mount(self._filled_in(volume))]
        for port in says.get("ports", ()):
            address, _, inside = port.split(":")
            options += ["--publish", f"{address}::{inside}"]
        self.docker("create", *options, f"{says['image']}:{TAG}")
        for network in others:
            self.docker(
                "network", "connect", "--alias", service, f"{self._name}-{network}", self.container(service)
            )

    def _ways(self, service: str, server: str) -> list[str]:
        """The addresses of `server` in the networks that it shares with `service`."""
        services = COMPOSE["services"]
        return [
            self._gateways[each]
            for each in services[service]["networks"]
            if each in services[server]["networks"]
        ]

    def _here(self, value: str) -> str:
        return self._filled_in(value).replace(COLLECTOR, f"collector:{self._outside['collector'].port}")

    def _filled_in(self, value: str) -> str:
        """`${NAME:-default}` as compose reads it."""
        return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda match: self._variables.get(match[1], match[2]), value)

    def _mount(self, volume: str) -> str:
        return volume if volume.startswith("/") else f"{self._name}-{volume}"

    def _health(self) -> dict[str, str]:
        return {service: self._inspect(service, "{{.State.Health.Status}}") for service in SERVICES}

    def _inspect(self, service: str, form: str) -> str:
        return self.docker("inspect", "--format", form, self.container(service)).strip()

    def _remove(self, listing: str, *removal: str) -> None:
        every = ["--all"] if listing == "ps" else []
        found = self.docker(*listing.split(), *every, "--quiet", "--filter", f"name={self._name}-").split()
        if found:
            self.docker(*removal, *found)
