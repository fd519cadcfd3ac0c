"""The gateway's settings."""

import re
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Gt, Interval, Le
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from runfold.contracts.values import Quantities
from runfold.eventlog.archives import MOST_BYTES
from runfold.service.settings import ServiceSettings

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,18})?) *([KMGT]?)(?:i?B)?", re.IGNORECASE)


def size(value: object) -> object:
    """Bytes out of 134217728, "128MiB", "0.5GB"; units are powers of 1024."""
    if not isinstance(value, str):
        return value
    found = _SIZE.fullmatch(value.strip())
    if found is None:
        raise ValueError("give a number of bytes, or one with a unit such as 128MiB")
    return round(float(found[1]) * _UNITS[found[2].upper()])


def address(text: str) -> str:
    """host:port"""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("give it as host:port")
    return text


def there(path: Path) -> Path:
    """A file that exists."""
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


Bytes = Annotated[int, BeforeValidator(size)]
Port = Annotated[int, Interval(ge=0, le=65535)]
SshPort = Port | Literal["off"]
Address = Annotated[str, AfterValidator(address)]
Seconds = Annotated[float, Gt(0)]
PresentFile = Annotated[Path, AfterValidator(there)]


class PortSettings(ServiceSettings):
    """Where the public API and SSH listen, and whether the API speaks HTTPS."""

    host: str = "127.0.0.1"
    port: Port = 3000  #: 0 takes any free one
    ssh_port: SshPort | None = None  #: of the SSH front door; None is 3022 where that is free
    ssh_address: Address | None = None  #: where clients reach that, if it isn't as it listens
    tls_cert: PresentFile | None = None  #: with `tls_key` the port speaks HTTPS
    tls_key: PresentFile | None = Field(default=None, validate_default=True)

    @field_validator("tls_key")
    @classmethod
    def _both_or_neither(cls, key: Path | None, info: ValidationInfo) -> Path | None:
        # A certificate that is at fault itself is told of already, and isn't in `data`.
        if "tls_cert" in info.data and (key is None) != (info.data["tls_cert"] is None):
            raise ValueError("HTTPS takes both a certificate and its key, and only one of them is given")
        return key


class GatewaySettings(PortSettings):
    """What the public API needs, however the process is wired."""

    body_limit: Annotated[Bytes, Gt(0)] = 2 * 1024**2  #: bytes of one request
    upload_limit: Annotated[Bytes, Gt(0), Le(MOST_BYTES)] = 2 * 1024**2  #: bytes of one file
    connection_limit: Annotated[int, Gt(0)] = 4096  #: connections at once
    keepalive_timeout: Seconds = 75.0  #: until a connection's next request has come with all its headers
    body_timeout: Seconds = 60.0  #: until a request's body is there
    send_timeout: Seconds = 60.0  #: for which a client may take nothing of its answer
    gateway_url: str | None = None  #: where executors reach this gateway, if it isn't as it listens
    admin_token: SecretStr | None = (
        None  #: of user admin, at the first start alone; made where it isn't given
    )
    default_job_cpu: Annotated[float, Gt(0)] = 0.1  #: CPUs reserved for a job that asks for none
    default_job_memory: Annotated[Bytes, Gt(0)] = (
        128 * 1024**2
    )  #: bytes reserved for a job that asks for none

    @property
    def job_defaults(self) -> Quantities:
        return Quantities(cpu=round(self.default_job_cpu * 1000), memory=self.default_job_memory)
