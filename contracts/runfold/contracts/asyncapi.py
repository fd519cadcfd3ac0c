"""AsyncAPI 3.0 document of the feed for outsiders."""

from typing import Any

from runfold.contracts.cloudevents import CONTENT_TYPE, HEADER_PREFIX
from runfold.contracts.registry import EVENT_TYPES, EventType
from runfold.contracts.schemas import public, schema

EXCHANGE = "runfold.events"
_TEXT = {"type": "string"}

_DESCRIPTION = """\
Every event of Runfold's log goes to the topic exchange runfold.events, routing key <aggregate>.<EventType>, in order \
and at least once; a repetition has the position of the first. Bind a queue of your own there with a read-only user. \
Fields and event types are added without notice: ignore what you don't know."""

#: Attribute -> its schema; those before `project` are always there.
_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "specversion": {"const": "1.0"},
    "id": {"type": "string", "format": "uuid", "description": "UUIDv7; the same at each repetition."},
    "source": {"type": "string", "format": "uri-reference", "description": "The cell."},
    "type": _TEXT,
    "subject": {"type": "string", "description": "The stream of the event's aggregate, as run:<id>."},
    "time": {"type": "string", "format": "date-time", "description": "Of the commit, with microseconds."},
    "datacontenttype": {"const": CONTENT_TYPE},
    "dataschema": {"type": "string", "format": "uri"},
    "position": {
        "type": "string",
        "pattern": "^[1-9][0-9]*$",
        "description": "The event's number in the log.",
    },
    "eventversion": {"type": "string", "pattern": "^[1-9][0-9]*$"},
    "streams": {"type": "string", "description": "All streams it touches, separated by spaces."},
    "actor": {"type": "string", "description": "user:<id> or service:<name>."},
    "correlationid": _TEXT,
    "project": {"type": "string", "description": "Id of the project it belongs to."},
    "ignorable": {"const": "true"},
    "causationid": _TEXT,
    "traceparent": {"type": "string", "description": "W3C Trace Context."},
}
_OPTIONAL = {"project", "ignorable", "causationid", "traceparent"}


def document() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Runfold events",
            "version": "1.0.0",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"broker": {"host": "localhost:5672", "protocol": "amqp", "description": "RabbitMQ."}},
        "channels": {kind.name: _channel(kind) for kind in EVENT_TYPES.values()},
        "operations": {f"publish{kind.name}": _operation(kind) for kind in EVENT_TYPES.values()},
        "components": {
            "messages": {kind.name: _message(kind) for kind in EVENT_TYPES.values()},
            "schemas": _schemas(),
            "messageTraits": {"cloudEvent": {"headers": _headers()}},
        },
    }


def _channel(kind: EventType) -> dict[str, Any]:
    return {
        "address": kind.routing_key,
        "messages": {kind.name: {"$ref": f"#/components/messages/{kind.name}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False},
            }
        },
    }


def _operation(kind: EventType) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{kind.name}"},
        "messages": [{"$ref": f"#/channels/{kind.name}/messages/{kind.name}"}],
    }


def _message(kind: EventType) -> dict[str, Any]:
    return {
        "name": kind.name,
        "title": f"{kind.name}, version {kind.version}",
        "contentType": CONTENT_TYPE,
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"#/components/schemas/{kind.name}"},
    }


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "required": [HEADER_PREFIX + name for name in _ATTRIBUTES if name not in _OPTIONAL],
        "properties": {HEADER_PREFIX + name: about for name, about in _ATTRIBUTES.items()},
    }


def _schemas() -> dict[str, Any]:
    """Public data of each event, and the values that several share, each once."""
    found: dict[str, Any] = {}
    for kind in EVENT_TYPES.values():
        whole = public(schema(kind.cls, refs="#/components/schemas/{model}"))
        found.update(whole.pop("$defs", {}))
        found[kind.name] = whole
    return dict(sorted(found.items()))
