"""Servers as containers, by testcontainers, where an engine answers and has their images or can pull them."""

import os
import subprocess
import time

# Each fixture removes what it started; the reaper's image would be one more to pull. Read when it is imported.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

import docker
from docker.models.containers import Container
from testcontainers.core.container import DockerContainer

from infra.testservers.install import engine_url
from infra.testservers.program import free_ports, listens, which
from infra.testservers.rabbitmq import SETTLING
from tests.servers.broker import Broker

RABBITMQ_IMAGE = os.environ.get("RUNFOLD_TEST_RABBITMQ_IMAGE", "rabbitmq:4.1-management")
MONGO_IMAGE = os.environ.get("RUNFOLD_TEST_MONGO_IMAGE", "mongo:8.0")
#: A pull that takes longer than this is as good as none.
PULL_SECONDS = 180


def available(image: str) -> bool:
    """Whether an engine answers that has `image`, or pulls it within PULL_SECONDS."""
    url = engine_url()
    if url is None:
        return False
    client = [which("docker") or "docker", "--host", url]
    if subprocess.run([*client, "image", "inspect", image], capture_output=True, check=False).returncode == 0:
        return True
    try:
        pulled = subprocess.run(
            [*client, "pull", image], capture_output=True, timeout=PULL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return pulled.returncode == 0


class ContainerServer:
    """A server in a container, at host ports that it keeps when it is started again."""

    def __init__(self, image: str, container_ports: tuple[int, ...], identity: str | None = None) -> None:
        self._image = image
        self._container_ports = container_ports
        self._identity = identity

    @property
    def identity(self) -> str:
        """The container's id: with it another process finds the same server."""
        if self._identity is None:
            raise RuntimeError("not started yet")
        return self._identity

    @property
    def running(self) -> bool:
        """Whether the container runs."""
        return self._identity is not None and bool(self._container().status == "running")

    def start(self) -> None:
        """Makes the container, or starts it again; returns when it answers."""
        if self._identity is None:
            wanted = DockerContainer(self._image)
            for inside, outside in zip(
                self._container_ports, free_ports(len(self._container_ports)), strict=True
            ):
                wanted.with_bind_ports(inside, outside)
            self._identity = wanted.start().get_wrapped_container().id
        else:
            self._container().start()
        self._await_ready(seconds=90)

    def stop(self) -> None:
        """Ends the server in order; its data stays."""
        self._container().stop(timeout=20)

    def kill(self) -> None:
        """Ends the server as a crash would; its data stays."""
        self._container().kill()

    def pause(self) -> None:
        """Freezes it: connections stay open and nothing answers."""
        self._container().pause()

    def resume(self) -> None:
        """Ends what `pause` began."""
        if self._identity is not None and self._container().status == "paused":
            self._container().unpause()

    def discard(self) -> None:
        """Removes the container and its data."""
        if self._identity is not None:
            self._container().remove(force=True, v=True)
            self._identity = None

    def port(self, inside: int) -> int:
        """The host's port for the container's port `inside`."""
        ports = (
            self._container().attrs["NetworkSettings"]["Ports"]
            or self._container().attrs["HostConfig"]["PortBindings"]
        )
        return int(ports[f"{inside}/tcp"][0]["HostPort"])

    def is_ready(self) -> bool:
        """Whether every port accepts connections."""
        return all(listens(self.port(inside)) for inside in self._container_ports)

    def _await_ready(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._image} was not ready within {seconds:.0f} s")
            time.sleep(0.1)

    def _container(self) -> Container:
        return docker.DockerClient(base_url=engine_url()).containers.get(self.identity)


class ContainerRabbitMQ(ContainerServer):
    """RabbitMQ's own image, with the management plugin."""

    def __init__(self, identity: str | None = None) -> None:
        super().__init__(RABBITMQ_IMAGE, (5672, 15672), identity)

    @property
    def url(self) -> str:
        """AMQP address, with the administrator's credentials."""
        return f"amqp://guest:guest@127.0.0.1:{self.port(5672)}/"

    @property
    def management_url(self) -> str:
        """Address of the HTTP management API."""
        return f"http://guest:guest@127.0.0.1:{self.port(15672)}"

    def kill(self) -> None:
        """Ends the broker as a crash would, SETTLING seconds from now."""
        time.sleep(SETTLING)
        super().kill()

    def is_ready(self) -> bool:
        """Docker's proxy accepts connections before the broker does, so it has to answer."""
        try:
            return (
                super().is_ready()
                and Broker(self.url, self.management_url).call("GET", "/api/whoami") is not None
            )
        except OSError:
            return False


class ContainerMongo(ContainerServer):
    """MongoDB's own image, stand-alone."""

    def __init__(self, identity: str | None = None) -> None:
        super().__init__(MONGO_IMAGE, (27017,), identity)

    @property
    def url(self) -> str:
        """Address without a database's name."""
        return f"mongodb://127.0.0.1:{self.port(27017)}/"

    def is_ready(self) -> bool:
        """Docker's proxy accepts connections before the server does, so it has to answer."""
        import pymongo
        from pymongo.errors import PyMongoError

        try:
            with pymongo.MongoClient(self.url, serverSelectionTimeoutMS=500) as client:  # type: ignore[var-annotated]
                return bool(client.admin.command("ping")["ok"])
        except PyMongoError:
            return False
