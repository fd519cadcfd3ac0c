"""The envelope around every event, and the commit around every batch of them.

`position` numbers events 1, 2, 3, …; a commit holds the positions `first` to `last`. Position and time belong to
the commit and are not repeated in its body.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Union, cast

import msgspec

from runfold.contracts.registry import EVENT_TYPES, Event, EventType, event_type
from runfold.contracts.upcast import lift
from runfold.contracts.values import Micros


class Idempotency(msgspec.Struct, frozen=True):
    """The Idempotency-Key a write came with, kept on the first event it caused."""

    user_id: str
    key: str
    path: str
    sha256: str  #: of the request's body
    resource: str  #: id of what the write made or changed
    status: int = 200


class Context(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who caused an event, and in which chain of causes."""

    actor: str  #: user:<id> or service:<name>
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None


class EventHead(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """All that is said of an event but its type and data."""

    id: str  #: UUIDv7
    version: int
    streams: tuple[str, ...]  #: what it touches; its aggregate's stream first
    actor: str
    correlation_id: str
    project: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    ignorable: bool = False
    idempotency: Idempotency | None = None


class EventRecord(EventHead, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """An event as a commit's body has it."""

    type: str
    data: msgspec.Raw


class Told(EventHead, frozen=True, gc=False, kw_only=True):
    """An event of a type and version that this build has, decoded in one go; each type has a subclass of its own."""

    data: Any

    @property
    def type(self) -> str:
        return str(type(self).__struct_config__.tag)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The data of an event type that this build does not know."""

    raw: bytes


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """A committed event. A struct, since one is made for each event that anyone folds: a frozen dataclass costs seven
    times as much."""

    position: int
    time: Micros
    record: EventRecord | Told
    data: Event | Unknown

    @property
    def type(self) -> str:
        return self.record.type

    @property
    def stream(self) -> str:
        return self.record.streams[0]


class Undecodable(msgspec.DecodeError):
    """An event that isn't what its type and version say; the text names it and its position."""


class CommitRecord(msgspec.Struct, frozen=True):
    """A commit as stores and messages have it."""

    number: int
    first: int  #: position of its first event
    count: int
    time: Micros
    log_id: str
    appends: tuple[str, ...]
    streams: tuple[str, ...]  #: union of its events' streams
    body: msgspec.Raw  #: JSON array of EventRecord
    sizes: tuple[int, ...] = ()  #: how many events each append has: a repeated one is answered from it

    @property
    def last(self) -> int:
        """Position of its last event."""
        return self.first + self.count - 1


@dataclass(frozen=True)
class Commit:
    """A commit whose events are decoded once, when first asked for, by whoever follows in this process."""

    record: CommitRecord

    @property
    def number(self) -> int:
        return self.record.number

    @property
    def last(self) -> int:
        """Position of its last event."""
        return self.record.last

    @cached_property
    def events(self) -> tuple[Envelope, ...]:
        """Raises Undecodable, or another msgspec.DecodeError where not even the envelopes are any."""
        first, time = self.record.first, self.record.time
        try:
            told = _told.decode(self.record.body)
        except msgspec.ValidationError:
            # One of them is unknown here, or older: each is looked at by itself.
            records = _records.decode(self.record.body)
            return tuple([Envelope(at, time, r, _data_at(at, r)) for at, r in enumerate(records, first)])
        return tuple([Envelope(at, time, r, r.data) for at, r in enumerate(told, first)])


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be appended. `streams` are those it touches, its aggregate's first."""

    event: Event
    streams: tuple[str, ...]
    project: str | None = None
    idempotency: Idempotency | None = None
    context: Context | None = None  #: where it differs from that of the append


def _told_as(name: str, kind: EventType) -> type[Told]:
    """The record of one type of event; another version of it is refused."""
    made = msgspec.defstruct(
        f"{name}Told",
        [("version", Literal[kind.version]), ("data", kind.cls)],
        bases=(Told,),
        tag=name,
        tag_field="type",
        frozen=True,
        gc=False,
        kw_only=True,
    )
    return cast("type[Told]", made)


_records = msgspec.json.Decoder(tuple[EventRecord, ...])
#: Twice as fast as going through each record and then its data.
_told: msgspec.json.Decoder[list[Told]] = msgspec.json.Decoder(
    list[Union[tuple(_told_as(name, kind) for name, kind in EVENT_TYPES.items())]]  # type: ignore[misc]  # noqa: UP007
)
_commit = msgspec.json.Decoder(CommitRecord)
_encoder = msgspec.json.Encoder()
#: By type and version, those that need no lifting.
_current: dict[tuple[str, int], Callable[[msgspec.Raw], Any]] = {
    (name, kind.version): msgspec.json.Decoder(kind.cls).decode for name, kind in EVENT_TYPES.items()
}


#: What data that isn't as its type and version say may raise, in the decoder or an upcaster.
_UNDECODABLE = (msgspec.MsgspecError, KeyError, TypeError, AttributeError, RecursionError)


def record(new: NewEvent, event_id: str, context: Context) -> EventRecord:
    kind = event_type(new.event)
    by = new.context or context
    return EventRecord(
        id=event_id,
        type=kind.name,
        version=kind.version,
        streams=new.streams,
        actor=by.actor,
        correlation_id=by.correlation_id,
        data=msgspec.Raw(_encoder.encode(new.event)),
        project=new.project,
        causation_id=by.causation_id,
        traceparent=by.traceparent,
        ignorable=kind.ignorable,
        idempotency=new.idempotency,
    )


def encode_commit(commit: CommitRecord) -> bytes:
    return _encoder.encode(commit)


def decode_commit(body: bytes) -> Commit:
    """Raises msgspec.DecodeError when `body` is no commit."""
    return Commit(_commit.decode(body))


def check(item: EventRecord) -> None:
    """Raises ValueError where no follower could decode it; a type or version that is unknown here, another may know."""
    if item.version < 1 or not item.streams:
        raise ValueError(f"event {item.id}: it has a version from 1 on, and streams that it touches")
    try:
        _data(item)
    except _UNDECODABLE as error:
        raise ValueError(f"event {item.id} is no {item.type} of version {item.version}: {error}") from error


def _data_at(position: int, item: EventRecord) -> Event | Unknown:
    """Raises Undecodable."""
    try:
        return _data(item)
    except _UNDECODABLE as error:
        where = f"{item.type} v{item.version} at position {position}"
        raise Undecodable(f"{where}: {error!r}") from error


def _data(item: EventRecord) -> Event | Unknown:
    decode = _current.get((item.type, item.version))
    return _other_version(item) if decode is None else decode(item.data)


def _other_version(item: EventRecord) -> Event | Unknown:
    kind = EVENT_TYPES.get(item.type)
    if kind is None or item.version > kind.version:
        return Unknown(bytes(item.data))
    lifted = lift(item.type, item.version, kind.version, msgspec.json.decode(item.data))
    return msgspec.convert(lifted, kind.cls)  # type: ignore[no-any-return]
