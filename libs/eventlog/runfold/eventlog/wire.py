"""The log's HTTP interface as bodies: what the log service and its clients both know."""

import msgspec

from runfold.contracts.envelope import CommitRecord, EventRecord
from runfold.eventlog.batch import APPEND_BYTES
from runfold.eventlog.port import (
    Append,
    Appended,
    Conflict,
    EventLogError,
    Head,
    NotActive,
    TooLarge,
    Unavailable,
)

#: What a client puts into one request, and what the service takes: several appends of the greatest size.
REQUEST_BYTES = 4 * APPEND_BYTES
MOST_BODY_BYTES = 8 * APPEND_BYTES
#: A service answers a long poll after this many seconds at most.
MOST_WAIT = 30.0


class AppendBody(msgspec.Struct, frozen=True):
    """An append as `POST /appends` has it, in an array."""

    id: str
    events: tuple[EventRecord, ...]
    expect: tuple[str, ...] = ()
    at: int = 0


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one append: `status` as HTTP has it; 200, 409, 413, 421, 422 and 503 occur."""

    status: int
    number: int = 0
    first: int = 0
    last: int = 0
    streams: tuple[str, ...] = ()
    position: int = 0
    address: str | None = None
    error: str | None = None


_encode = msgspec.json.Encoder().encode
_appends = msgspec.json.Decoder(list[AppendBody])
_outcomes = msgspec.json.Decoder(list[Outcome])
_commits = msgspec.json.Decoder(list[CommitRecord])
_head = msgspec.json.Decoder(Head)


def encode_append(append: Append) -> bytes:
    return _encode(AppendBody(append.id, append.events, append.expect, append.at))


def join_appends(encoded: list[bytes]) -> bytes:
    """The body of `POST /appends`."""
    return b"[" + b",".join(encoded) + b"]"


def decode_appends(body: bytes) -> list[Append]:
    """Raises msgspec.MsgspecError with the path of what is wrong, RecursionError for what is nested too deeply."""
    return [Append(a.id, a.events, a.expect, a.at) for a in _appends.decode(body)]


def encode_outcomes(outcomes: list[Outcome]) -> bytes:
    return _encode(outcomes)


def decode_outcomes(body: bytes) -> list[Outcome]:
    return _outcomes.decode(body)


def encode_commits(records: list[CommitRecord]) -> bytes:
    return _encode(records)


def decode_commits(body: bytes) -> list[CommitRecord]:
    return _commits.decode(body)


def encode_head(head: Head) -> bytes:
    return _encode(head)


def decode_head(body: bytes) -> Head:
    return _head.decode(body)


def outcome_of(result: Appended | BaseException) -> Outcome:
    """Raises what is no answer of the log."""
    match result:
        case Appended(number, first, last):
            return Outcome(200, number=number, first=first, last=last)
        case Conflict(streams=streams, position=position):
            return Outcome(409, streams=streams, position=position)
        case TooLarge():
            return Outcome(413, error=str(result))
        case NotActive(address=address):
            return Outcome(421, address=address, error=str(result))
        case Unavailable():
            return Outcome(503, error=str(result))
        case ValueError():
            return Outcome(422, error=str(result))
        case _:
            raise result


def result_of(outcome: Outcome) -> Appended | EventLogError | ValueError:
    """The inverse of `outcome_of`."""
    text = outcome.error or ""
    match outcome.status:
        case 200:
            return Appended(outcome.number, outcome.first, outcome.last)
        case 409:
            return Conflict(outcome.streams, outcome.position)
        case 413:
            return TooLarge(text)
        case 421:
            return NotActive(outcome.address)
        case 422:
            return ValueError(text)
        case _:
            return Unavailable(text)
