"""What an executor is told by its environment."""

import socket
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Gt
from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from runfold.executor.admission import Choice
from runfold.service.settings import ServiceSettings


def _labels(given: object) -> object:
    if not isinstance(given, str):
        return given
    pairs = [pair.strip() for pair in given.split(",") if pair.strip()]
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise ValueError(f"{wrong[0]!r} is not key=value")
    return {key.strip(): value.strip() for key, _, value in (pair.partition("=") for pair in pairs)}


def _paths(given: object) -> object:
    return tuple(filter(None, map(str.strip, given.split(",")))) if isinstance(given, str) else given


Labels = Annotated[dict[str, str], NoDecode, BeforeValidator(_labels)]


class ExecutorSettings(ServiceSettings):
    """`RUNFOLD_…`; the broker's address is all it needs to know."""

    health_port: int | None = 3401
    amqp_url: SecretStr | None = None
    data_dir: Path = Field(Path("~/.runfold/executor"), validation_alias="RUNFOLD_EXECUTOR_DATA_DIR")
    name: str = Field(default_factory=socket.gethostname, validation_alias="RUNFOLD_EXECUTOR_NAME")
    #: By which jobs on other hosts reach this one; else the one that it uses towards others.
    address: str | None = Field(None, validation_alias="RUNFOLD_EXECUTOR_ADDRESS")
    #: The cell fleet that this host joins.
    fleet: str | None = Field(None, validation_alias="RUNFOLD_EXECUTOR_FLEET")
    #: `key=value,key=value`
    labels: Labels = Field(default_factory=dict, validation_alias="RUNFOLD_EXECUTOR_LABELS")
    runtime: Choice = "auto"
    default_image: str | None = None  #: for jobs without one, where docker has it or can pull it
    docker_host: str | None = None  #: the engine's socket; None is DOCKER_HOST, else the usual one
    process_user: str | None = None  #: who processes run as when this runs as root
    allow_privileged: bool = False  #: privileged containers own the host
    #: Directories of this host, apart by commas, that containers may see, with all that is in them.
    allow_mounts: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_paths)] = ()
    output_limit_per_hour: Annotated[int, Ge(1024)] = 50 * 1024 * 1024  #: bytes a job
    metrics_interval: Annotated[float, Gt(0)] = 10.0  #: seconds between two samples of what jobs use

    @property
    def directory(self) -> Path:
        return self.data_dir.expanduser()

    @property
    def heartbeat(self) -> Path:
        """What supervisors and the watchdog read."""
        return self.directory / "heartbeat"
