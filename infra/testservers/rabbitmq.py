"""RabbitMQ with its management API, as a program of this machine."""

import json
import shutil
import time
import urllib.error
import urllib.request
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


class RabbitMQ(Server):
    """A broker of its own in `directory`: own ports, own cookie, own epmd, so that it meets no other broker."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, "rabbitmq")
        self._ports = _ports(directory)
        self._epmd = Program(directory, "epmd")

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
            "HOME": str(directory),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._ports["epmd"]),
            "RABBITMQ_NODENAME": f"runfold{self._ports['amqp']}@localhost",
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
        (self.directory / "rabbitmq.conf").write_text(
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self._ports['management']}\n"
        )


def _ports(directory: Path) -> dict[str, int]:
    """Chosen once for a directory, so that a restarted broker has the address it had."""
    file = directory / "ports.json"
    if not file.exists():
        names = ("amqp", "management", "distribution", "epmd")
        file.write_text(json.dumps(dict(zip(names, free_ports(len(names)), strict=True))))
    ports: dict[str, int] = json.loads(file.read_text())
    return ports
