"""Wiring that gateway, scheduler and provisioner share as processes of their own.

Their log is the log service over HTTP; RabbitMQ hurries them.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import SecretStr, field_validator
from pydantic_settings import NoDecode

from runfold.bus.port import Bus
from runfold.bus.topology import follower
from runfold.eventlog.port import EventLog
from runfold.service.component import Opened, Part
from runfold.service.settings import ViewSettings
from runfold.service.view import Memory, View


class FollowingSettings(ViewSettings):
    """How a service reaches the log service and the broker."""

    log_urls: Annotated[tuple[str, ...], NoDecode]  #: base URLs of the log replicas, separated by commas
    log_token: SecretStr  #: this service's own
    amqp_url: SecretStr  #: with this service's own user

    @field_validator("log_urls", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(url.strip() for url in value.split(",") if url.strip()) if isinstance(value, str) else value
        )


@dataclass(frozen=True, slots=True)
class Following:
    """Ports of a following service, and the parts that have to be started before it, in order."""

    log: EventLog
    bus: Bus
    view: View
    parts: tuple[Part, ...]


def follow(settings: FollowingSettings, service: str, *, rows: bool = False) -> Following:
    """With `rows` finished runs leave the view once rows have them, by a `Forgetting` that is started before it."""
    from runfold.bus.adapters.rabbitmq import RabbitBus
    from runfold.eventlog.adapters.remote import RemoteLog

    bus = RabbitBus(settings.amqp_url.get_secret_value(), name=service)
    log = RemoteLog(list(settings.log_urls), settings.log_token.get_secret_value())
    memory = Memory(settings.runs_in_memory, rows=rows)
    view = View(log, bus=bus, queue=follower(service), memory=memory)
    return Following(log, bus, view, (Opened(bus.open, bus.close), Opened(None, log.close), view))
