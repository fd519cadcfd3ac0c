"""Messages as AMQP has them, and back."""

from collections.abc import Mapping

import aio_pika
from aiormq.abc import DeliveredMessage

from runfold.bus.dead_letters import REASON
from runfold.bus.port import Headers, Message
from runfold.bus.topology import Exchange
from runfold.bus.trace import inject

#: These are all said again after a loss; writing them to disk would be for nothing.
_TRANSIENT = frozenset({Exchange.COMMITS, Exchange.WORK})


def outgoing(exchange: Exchange, message: Message) -> aio_pika.Message:
    """With the current trace in its headers."""
    transient = exchange in _TRANSIENT
    return aio_pika.Message(
        message.body,
        headers=dict(inject(message.headers)),
        content_type=message.content_type,
        message_id=message.message_id,
        user_id=message.user_id,
        delivery_mode=aio_pika.DeliveryMode.NOT_PERSISTENT if transient else aio_pika.DeliveryMode.PERSISTENT,
    )


def incoming(delivered: DeliveredMessage) -> Message:
    """Without what the broker noted in it (`x-…`)."""
    properties = delivered.header.properties
    return Message(
        body=bytes(delivered.body),
        headers=_plain(properties.headers or {}),
        content_type=properties.content_type or "application/json",
        message_id=properties.message_id,
        user_id=properties.user_id,
    )


def why_dead(delivered: DeliveredMessage) -> str:
    """What its consumer said of a dead letter; else what the broker noted, which gave it up by itself."""
    headers = delivered.header.properties.headers or {}
    if (reason := headers.get(REASON)) is not None:
        return str(reason)
    match headers.get("x-death"):
        case [{"reason": str(noted), "count": int(count)}, *_]:
            return f"given up by the broker: {noted}, {count} times"
        case _:
            return "given up by the broker"


def _plain(headers: Mapping[str, object]) -> Headers:
    return {
        name: value
        for name, value in headers.items()
        if isinstance(value, str | int) and not name.startswith("x-")
    }
