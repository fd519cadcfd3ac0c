"""Events as outsiders get them: CloudEvents 1.0, in the AMQP binding's binary mode and as structured JSON.

Attributes beyond the core: `position` (a string of digits, since CloudEvents' integers end at 2³¹), `eventversion`,
`streams` (separated by spaces), `project`, `actor`, `ignorable`; `correlationid` and `causationid` of the correlation
extension; `traceparent` of the distributed tracing extension.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from runfold.contracts.envelope import Envelope, Unknown
from runfold.contracts.registry import EVENT_TYPES
from runfold.contracts.shape import PRIVATE_FIELDS, is_public
from runfold.contracts.values import Micros

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
STRUCTURED_CONTENT_TYPE = "application/cloudevents+json"
HEADER_PREFIX = "cloudEvents:"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CIPHERTEXT = {"key", "nonce", "data"}
_PUBLIC = {name for name, kind in EVENT_TYPES.items() if is_public(kind.cls)}

_encoder = msgspec.json.Encoder()


def routing_key(envelope: Envelope) -> str:
    """`<aggregate>.<EventType>`; an unknown type's aggregate is that of its stream."""
    kind = EVENT_TYPES.get(envelope.type)
    return kind.routing_key if kind else f"{envelope.stream.partition(':')[0]}.{envelope.type}"


def to_amqp(envelope: Envelope, source: str) -> tuple[dict[str, str | int], bytes]:
    """Headers and body of a message with content type CONTENT_TYPE; `source` is a URI reference that names the cell."""
    headers: dict[str, str | int] = {HEADER_PREFIX + k: v for k, v in attributes(envelope, source).items()}
    return headers, public_data(envelope)


def to_structured(envelope: Envelope, source: str) -> bytes:
    """One JSON object with attributes and data."""
    return _encoder.encode({**attributes(envelope, source), "data": msgspec.Raw(public_data(envelope))})


def attributes(envelope: Envelope, source: str) -> dict[str, str]:
    """The event's CloudEvents attributes, all as text."""
    record = envelope.record
    version = _public_version(envelope)
    given = {
        "specversion": SPEC_VERSION,
        "id": record.id,
        "source": source,
        "type": f"runfold.{routing_key(envelope)}",
        "subject": envelope.stream,
        "time": rfc3339(envelope.time),
        "datacontenttype": CONTENT_TYPE,
        "dataschema": f"urn:runfold:{record.type}:v{version}",
        "position": str(envelope.position),
        "eventversion": str(version),
        "streams": " ".join(record.streams),
        "project": record.project,
        "actor": record.actor,
        "ignorable": "true" if record.ignorable else None,
        "correlationid": record.correlation_id,
        "causationid": record.causation_id,
        "traceparent": record.traceparent,
    }
    return {name: value for name, value in given.items() if value is not None}


def public_data(envelope: Envelope) -> bytes:
    """The event's data as JSON in its newest version, without what is secret."""
    record, data = envelope.record, envelope.data
    if isinstance(data, Unknown):
        # Its fields aren't known here: what looks like a ciphertext is taken for one.
        return _encoder.encode(_without_ciphertext(msgspec.json.decode(data.raw)))
    if record.type not in _PUBLIC:
        private = PRIVATE_FIELDS.get(record.type, frozenset())
        shown = {name: value for name, value in msgspec.to_builtins(data).items() if name not in private}
        return _encoder.encode(_without_ciphertext(shown))
    return _encoder.encode(data)


def rfc3339(time: Micros) -> str:
    """UTC with six digits of the second: `2026-11-22T17:00:00.000001Z`."""
    return (_EPOCH + timedelta(microseconds=time)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _public_version(envelope: Envelope) -> int:
    if isinstance(envelope.data, Unknown):
        return envelope.record.version
    return EVENT_TYPES[envelope.type].version


def _without_ciphertext(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_ciphertext(v) for k, v in value.items() if not _is_ciphertext(v)}
    if isinstance(value, list | tuple):
        return [_without_ciphertext(item) for item in value if not _is_ciphertext(item)]
    return value


def _is_ciphertext(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == _CIPHERTEXT
