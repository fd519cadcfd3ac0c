"""Settings of the log service as a process of its own."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator
from pydantic_settings import NoDecode

from runfold.log.retention import Kept
from runfold.service.settings import Duration, ServiceSettings, ViewSettings


class RetentionSettings(ServiceSettings):
    """How long is kept what isn't a fact; None is for ever."""

    log_output_retention: Duration | None = None
    log_metrics_retention: Duration | None = None
    log_keys_retention: Duration | None = None

    @property
    def kept(self) -> Kept:
        return Kept(self.log_output_retention, self.log_metrics_retention, self.log_keys_retention)


class LogSettings(RetentionSettings, ViewSettings):
    health_port: int | None = 3101
    mongo_url: SecretStr  #: its path names the database; without one it is `runfold`
    amqp_url: SecretStr
    master_key: SecretStr  #: base64 of 32 bytes; wraps the keys of secrets
    log_host: str = "127.0.0.1"
    log_port: int = 3100
    log_address: str | None = None  #: base URL under which the other services reach this replica
    gateway_url: str = "http://127.0.0.1:3000"  #: where executors reach a gateway, whichever of several
    log_silent_after: Duration = timedelta(
        minutes=2
    )  #: how long an executor isn't heard until it counts as silent
    log_tokens: Annotated[dict[str, SecretStr], NoDecode]  #: service=token, separated by commas: who may call

    @field_validator("log_tokens", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return dict(pair.strip().split("=", 1) for pair in value.split(",") if "=" in pair)

    @property
    def mongo_database(self) -> str:
        return urlsplit(self.mongo_url.get_secret_value()).path.strip("/") or "runfold"

    @property
    def address(self) -> str:
        return self.log_address or f"http://{self.log_host}:{self.log_port}"
