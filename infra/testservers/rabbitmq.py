"""RabbitMQ with its management API, as a program of this machine."""

import json
import shutil
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from infra.testservers.program import Program, Server, free_ports, listens, which

#: Debian's script on PATH insists on user rabbitmq and its directories; what it calls does not.
DEBIAN_SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")

#: RabbitMQ 3.10 writes down where a new quorum queue lies up to a second after it confirmed the declaration; killed
#: before that, it loses the queue for good. That is its own fault, and not what our tests are about.
SETTLING = 1.5


def program() -> str | None:
    """The path of an installed rabbitmq-server, if any."""
    on_path = which("rabbitmq-server")
    return str(DEBIAN_SCRIPT) if on_path and DEBIAN_SCRIPT.exists() else on_path


@dataclass(frozen=True)
class Membership:
    """The cluster that a node belongs to: in `directory` are its cookie and its epmd; `seed` is the node to join."""

    directory: Path
    epmd_port: int
    seed: str


class RabbitMQ(Server):
    """A broker of its own in `directory`: own ports, own cookie, own epmd, so that it meets no other broker. With a
    `membership` it is a node of one, which has its cookie and epmd."""

    def __init__(self, directory: Path, membership: Membership | None = None) -> None:
        super().__init__(directory, "rabbitmq")
        self._ports = _ports(directory)
        self._membership = membership
        self._home = directory
        if membership is not None:
            self._home, self._ports["epmd"] = membership.directory, membership.epmd_port
        self._epmd = Program(self._home, "epmd")

    @property
    def node(self) -> str:
        """What its cluster and its management API call it."""
        return f"runfold{self._ports['amqp']}@localhost"

    @property
    def epmd_port(self) -> int:
        """Where nodes find each other."""
        return self._ports["epmd"]

    @property
    def url(self) -> str:
        """AMQP address, with the administrator's credentials, of the default virtual host."""
        return f"amqp://guest:guest@127.0.0.1:{self._ports['amqp']}/"

    @property
    def management_url(self) -> str:
        """Address of the HTTP management API, with the same credentials."""
        return f"http://guest:guest@127.0.0.1:{self._ports['management']}"

    def start(self) -> None:
        """Returns when AMQP and management answer, after some 5 to 12 s; raises StartFailed."""
        script = program()
        if script is None:
            raise FileNotFoundError("rabbitmq-server is not installed; `infra/servers install` brings it")
        environment = self._environment()
        self._write_configuration()
        if not listens(self._ports["epmd"]):
            epmd = which("epmd") or "epmd"
            self._epmd.start([epmd, "-port", str(self._ports["epmd"]), "-address", "127.0.0.1"])
            self._epmd.await_ready(lambda: listens(self._ports["epmd"]), seconds=60)
        self._server.start([script], environment)
        self._server.await_ready(self._is_ready, seconds=120)

    def stop(self) -> None:
        """Ends the broker in order; what is durable is there again after `start`."""
        super().stop()
        if self._membership is None:
            self._epmd.stop()

    def kill(self) -> None:
        """Ends the broker as a crash would, SETTLING seconds from now."""
        time.sleep(SETTLING)
        self._kill_now()

    def discard(self) -> None:
        """Ends it and removes its data."""
        self._kill_now()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _kill_now(self) -> None:
        super().kill()
        if self._membership is None:
            self._epmd.kill()

    def _is_ready(self) -> bool:
        if not listens(self._ports["amqp"]):
            return False
        request = urllib.request.Request(f"http://127.0.0.1:{self._ports['management']}/api/whoami")
        request.add_header("Authorization", "Basic Z3Vlc3Q6Z3Vlc3Q=")
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _environment(self) -> dict[str, str]:
        directory = self.directory
        return {
            "HOME": str(self._home),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._ports["epmd"]),
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._ports["amqp"]),
            "RABBITMQ_DIST_PORT": str(self._ports["distribution"]),
            "RABBITMQ_MNESIA_BASE": str(directory / "mnesia"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(directory / "none"),
            "RABBITMQ_PID_FILE": str(directory / "beam.pid"),
            # Idle schedulers of the Erlang machine would otherwise spin on the cores that the tests need.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
        }

    def _write_configuration(self) -> None:
        (self.directory / "plugins").write_text("[rabbitmq_management].\n")
        settings = {
            "management.tcp.ip": "127.0.0.1",
            "management.tcp.port": self._ports["management"],
            **(_of_member(self._membership) if self._membership else {}),
        }
        lines = [f"{name} = {value}\n" for name, value in settings.items()]
        (self.directory / "rabbitmq.conf").write_text("".join(lines))


class RabbitCluster:
    """Three nodes of one broker, each of which may be killed and started again alone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        folders = [directory / str(number) for number in range(1, 4)]
        for folder in folders:
            folder.mkdir(exist_ok=True)
        first = RabbitMQ(folders[0])
        membership = Membership(directory, first.epmd_port, first.node)
        self.nodes = tuple(RabbitMQ(folder, membership) for folder in folders)

    @property
    def url(self) -> str:
        """The AMQP addresses of all nodes, separated by commas."""
        return ",".join(node.url for node in self.nodes)

    def start(self) -> None:
        """Returns when all nodes are in the cluster, after some 20 s; raises StartFailed."""
        for node in self.nodes:
            node.start()

    def discard(self) -> None:
        """Ends all nodes and removes their data."""
        for node in self.nodes:
            node.discard()
        Program(self._directory, "epmd").kill()
        shutil.rmtree(self._directory, ignore_errors=True)


def _of_member(membership: Membership) -> dict[str, object]:
    """A new node joins the seed; nodes that see no majority stop serving, rather than go on as a second broker."""
    return {
        "cluster_formation.peer_discovery_backend": "classic_config",
        "cluster_formation.classic_config.nodes.1": membership.seed,
        "cluster_partition_handling": "pause_minority",
    }


def _ports(directory: Path) -> dict[str, int]:
    """Chosen once for a directory, so that a restarted broker has the address it had."""
    file = directory / "ports.json"
    if not file.exists():
        names = ("amqp", "management", "distribution", "epmd")
        file.write_text(json.dumps(dict(zip(names, free_ports(len(names)), strict=True))))
    ports: dict[str, int] = json.loads(file.read_text())
    return ports
