"""One distributed Runfold: where its parts listen, what they may do, and what each is told by its environment."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from infra.testservers.program import free_ports

SERVICES = ("log", "gateway", "scheduler", "provisioner", "executor")
#: Of which further replicas stand by until the active one is gone; of gateways, all are active.
ONE_ACTIVE = ("log", "scheduler", "provisioner")
#: Who calls the log service.
CALLERS = ("gateway", "scheduler", "provisioner")

#: Variables that hold credentials or addresses: each service gets its own, never its neighbour's.
PRIVATE = (
    "RUNFOLD_MONGO_URL",
    "RUNFOLD_AMQP_URL",
    "RUNFOLD_AMQP_MANAGEMENT_URL",
    "RUNFOLD_ADMIN_TOKEN",
    "RUNFOLD_MASTER_KEY",
    "RUNFOLD_LOG_TOKEN",
    "RUNFOLD_LOG_TOKENS",
    "RUNFOLD_TEST_",
)


@dataclass(frozen=True)
class Keys:
    """What an installation makes once and keeps: losing the master key loses all secrets."""

    master_key: str = field(default_factory=lambda: base64.b64encode(os.urandom(32)).decode())
    admin_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    database_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    database_root_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    log_tokens: dict[str, str] = field(
        default_factory=lambda: {name: secrets.token_urlsafe(24) for name in CALLERS}
    )
    broker_passwords: dict[str, str] = field(
        default_factory=lambda: {name: secrets.token_urlsafe(24) for name in (*SERVICES, "outsider")}
    )


def kept_keys(file: Path, **given: str) -> Keys:
    """The keys in `file`, readable by its owner alone; what it lacks is taken from `given` or made, and added to it."""
    kept = json.loads(file.read_text() or "{}") if file.exists() else {}
    keys = Keys(**{**given, **kept})
    if asdict(keys) != kept:
        _replace(file, json.dumps(asdict(keys), indent=2))
    return keys


def _replace(file: Path, text: str) -> None:
    """All of it or nothing: half of the keys would be none."""
    partial = file.with_name(f"{file.name}.new")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as writing:
        writing.write(text)
        writing.flush()
        os.fsync(writing.fileno())
    partial.replace(file)


@dataclass(frozen=True)
class Installation:
    """All that five processes on this machine need; `environment` says what each of them is told."""

    directory: Path
    mongo_url: str
    amqp_urls: Mapping[str, str]
    keys: Keys
    host: str = "127.0.0.1"
    gateway_port: int = 3000
    log_port: int = 3100
    #: Of the first gateway; None is what it takes by itself. Further ones take a free port.
    ssh_port: int | None = None
    #: Further replicas as `<service>-2`; each of gateway and log listens on a free port.
    replicas: tuple[str, ...] = ()
    health_ports: Mapping[str, int] = field(default_factory=dict)
    _ports: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        free = iter(free_ports(2 * len(self.names)))
        object.__setattr__(
            self, "health_ports", {name: next(free) for name in self.names} | dict(self.health_ports)
        )
        listening = {name: next(free) for name in self.replicas}
        object.__setattr__(self, "_ports", {"gateway": self.gateway_port, "log": self.log_port, **listening})

    @property
    def names(self) -> tuple[str, ...]:
        """Of all processes, those first that others need."""
        return tuple(name for service in SERVICES for name in (service, *self._replicas_of(service)))

    @property
    def url(self) -> str:
        """Where clients reach the first gateway."""
        return self.url_of("gateway")

    def url_of(self, name: str) -> str:
        """Where clients reach the gateway of this name."""
        return f"http://{self.host}:{self._ports[name]}"

    def environment(self, name: str, inherited: Mapping[str, str]) -> dict[str, str]:
        """The whole environment of process `name`: of `inherited` all but what is private, and what is its own."""
        public = {key: value for key, value in inherited.items() if not key.startswith(PRIVATE)}
        service = service_of(name)
        stands_by = name in self.replicas and service in ONE_ACTIVE
        return {
            **public,
            "RUNFOLD_AMQP_URL": self.amqp_urls[service],
            "RUNFOLD_HEALTH_PORT": str(self.health_ports[name]),
            **({"RUNFOLD_STANDBY": "true"} if stands_by else {}),
            **(self._of_caller(service) if service in CALLERS else {}),
            **self._of_its_own(name),
        }

    def as_standby(self, name: str) -> dict[str, str]:
        """What process `name` is told when it comes back to others of its service; nothing where it is the only one."""
        service = service_of(name)
        others = service in ONE_ACTIVE and self._replicas_of(service)
        return {"RUNFOLD_STANDBY": "true"} if others else {}

    def _replicas_of(self, service: str) -> tuple[str, ...]:
        return tuple(name for name in self.replicas if service_of(name) == service)

    def _of_caller(self, service: str) -> dict[str, str]:
        names = ("log", *self._replicas_of("log"))
        return {
            "RUNFOLD_LOG_URLS": ",".join(f"http://127.0.0.1:{self._ports[name]}" for name in names),
            "RUNFOLD_LOG_TOKEN": self.keys.log_tokens[service],
        }

    def _of_ssh(self, name: str) -> dict[str, str]:
        port = self.ssh_port if name == "gateway" else 0
        return {} if port is None else {"RUNFOLD_SSH_PORT": str(port)}

    def _of_its_own(self, name: str) -> dict[str, str]:
        match service_of(name):
            case "log":
                return {
                    "RUNFOLD_MONGO_URL": self.mongo_url,
                    "RUNFOLD_MASTER_KEY": self.keys.master_key,
                    "RUNFOLD_LOG_PORT": str(self._ports[name]),
                    "RUNFOLD_GATEWAY_URL": f"http://127.0.0.1:{self.gateway_port}",
                    "RUNFOLD_LOG_TOKENS": ",".join(f"{k}={v}" for k, v in self.keys.log_tokens.items()),
                }
            case "gateway":
                return {
                    "RUNFOLD_HOST": self.host,
                    "RUNFOLD_PORT": str(self._ports[name]),
                    **self._of_ssh(name),
                    "RUNFOLD_ADMIN_TOKEN": self.keys.admin_token,
                    "RUNFOLD_MASTER_KEY": self.keys.master_key,
                }
            case "executor":
                return {"RUNFOLD_EXECUTOR_DATA_DIR": str(self.directory / name)}
            case _:
                return {}


def service_of(name: str) -> str:
    """The service that process `name` is a replica of."""
    return name.partition("-")[0]
