"""Messages that nobody could handle: listed, shown, put back, dropped. For administrators of the cell."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from runfold.bus.dead_letters import DeadLetter
from runfold.bus.port import BusUnavailable, Refused
from runfold.bus.topology import WITH_DEAD_LETTERS, Queue
from runfold.domain.errors import NotFound
from runfold.gateway.ask import Ask
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Busy
from runfold.service.logging import get_logger

BEGINNING = 256  #: bytes of a letter that a list shows
AWAY = "The dead letters' queues don't answer; try again"

_log = get_logger("runfold.gateway")

Id = Annotated[str, Field(description="Of what it says: letters that say the same have the same.")]


class DeadLetterSummary(BaseModel):
    """A message as it was published, and why nobody could handle it."""

    id: Id
    reason: str
    size: int = Field(description="Bytes of its body.")
    beginning: str = Field(description=f"Its first {BEGINNING} bytes as text; what isn't UTF-8 is escaped.")
    headers: dict[str, str | int]
    content_type: str
    message_id: str | None


class DeadLetterDetail(DeadLetterSummary):
    body: Base64Bytes = Field(description="All of it, as base64.")


class DeadLetterQueue(BaseModel):
    """`letters` are the oldest ones."""

    queue: str = Field(description="The queue in which they failed, and to which a replay puts them back.")
    count: int
    letters: list[DeadLetterSummary]


class DeadLetterQueues(BaseModel):
    queues: list[DeadLetterQueue]


class DeadLettersQuery(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    limit: int = Field(20, ge=0, le=100, description="Letters shown of each queue, the oldest first.")


class ReplayRequest(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    limit: int | None = Field(
        None, ge=1, lt=2**31, description="So many at most, the oldest first; else all."
    )


class Replayed(BaseModel):
    replayed: int = Field(description="Letters that are back in their queue.")


async def list_all(ask: Ask[Any]) -> Answer:
    ask.administer()
    query = ask.query
    assert isinstance(query, DeadLettersQuery)
    with _broker():
        queues = [await _queue(ask, source, query.limit) for source in WITH_DEAD_LETTERS.values()]
    return Answer(msgspec.json.encode({"queues": queues}))


async def show(ask: Ask[Any]) -> Answer:
    ask.administer()
    with _broker():
        letter = await ask.parts.dead_letters.find(_source(ask), ask.params["letter_id"])
    if letter is None:
        raise _unknown_letter(ask)
    return Answer(msgspec.json.encode({**_summary(letter), "body": letter.message.body}))


async def replay(ask: Ask[ReplayRequest]) -> Answer:
    """Each is in one of both queues at any time; one that fails again comes back."""
    ask.administer()
    source = _source(ask)
    with _broker():
        count = await ask.parts.dead_letters.replay(source, ask.body.limit)
    _log.info("dead letters replayed", queue=source.name, count=count, actor=f"user:{ask.user_id}")
    return Answer(msgspec.json.encode({"replayed": count}))


async def discard(ask: Ask[Any]) -> Answer:
    ask.administer()
    source, letter_id = _source(ask), ask.params["letter_id"]
    with _broker():
        found = await ask.parts.dead_letters.discard(source, letter_id)
    if not found:
        raise _unknown_letter(ask)
    _log.info("dead letter discarded", queue=source.name, letter=letter_id, actor=f"user:{ask.user_id}")
    return Answer()


def _source(ask: Ask[Any]) -> Queue:
    name = ask.params["queue"]
    source = WITH_DEAD_LETTERS.get(name)
    if source is None:
        raise NotFound(f"There is no queue {name[:100]}; there are {', '.join(WITH_DEAD_LETTERS)}")
    return source


async def _queue(ask: Ask[Any], source: Queue, limit: int) -> dict[str, Any]:
    letters = await ask.parts.dead_letters.peek(source, limit) if limit else []
    count = await ask.parts.dead_letters.count(source)
    return {"queue": source.name, "count": count, "letters": [_summary(letter) for letter in letters]}


def _summary(letter: DeadLetter) -> dict[str, Any]:
    message = letter.message
    return {
        "id": letter.id,
        "reason": letter.reason,
        "size": len(message.body),
        "beginning": message.body[:BEGINNING].decode(errors="backslashreplace"),
        "headers": message.headers,
        "content_type": message.content_type,
        "message_id": message.message_id,
    }


def _unknown_letter(ask: Ask[Any]) -> NotFound:
    return NotFound(f"{ask.params['queue']} has no dead letter {ask.params['letter_id'][:100]}")


@contextmanager
def _broker() -> Iterator[None]:
    try:
        yield
    except BusUnavailable:
        raise Busy(AWAY) from None
    except Refused as refusal:
        raise Busy(f"{refusal}: what is left stays a dead letter; try again", retry_after=5) from None
