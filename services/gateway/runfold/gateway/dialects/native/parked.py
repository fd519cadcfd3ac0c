"""What reactors couldn't handle: listed, shown, tried again, dropped. For administrators of the cell."""

from collections.abc import Callable
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from runfold.contracts.cloudevents import rfc3339
from runfold.contracts.parking import ParkingEvent
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import NotFound
from runfold.domain.parking import decide
from runfold.domain.parking.state import Parked
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.http.call import Answer


class ParkedEvent(BaseModel):
    """An event, or all that is to be decided on one thing, which a service goes on without."""

    id: str
    reactor: str = Field(description="Who couldn't handle it: a service, or a part of it, such as log.feed.")
    subject: str = Field(description="The stream that it is about, such as run:<id>.")
    position: int = Field(description="Of the event; else up to which the log was read when it was decided.")
    commit: int | None = Field(description="Number of the event's commit, where it is one event.")
    event_type: str | None = Field(description="Its type, where it is one event.")
    error: str = Field(description="Type and text of what was raised the last time.")
    tries: int
    parked_at: str = Field(description="When it was parked first.")
    failed_at: str = Field(description="When it failed the last time.")
    retrying: bool = Field(description="Whether it is to be tried again and has no outcome yet.")


class ParkedList(BaseModel):
    """The oldest ones."""

    count: int = Field(description="How many there are.")
    parked: list[ParkedEvent]


class ParkedQuery(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    reactor: str | None = Field(None, description="Only what this one has parked.")
    limit: int = Field(100, ge=0, le=1000, description="How many are shown, the oldest first.")


class RetryRequest(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    reactor: str | None = Field(None, description="Only what this one has parked; else all.")


class Retried(BaseModel):
    retried: int = Field(description="What is tried again from now on and wasn't already.")


async def list_all(ask: Ask[Any]) -> Answer:
    ask.administer()
    query = ask.query
    assert isinstance(query, ParkedQuery)
    found = _of(ask.cell, query.reactor)
    shown = [_shown(parked) for parked in found[: query.limit]]
    return Answer(msgspec.json.encode({"count": len(found), "parked": shown}))


async def show(ask: Ask[Any]) -> Answer:
    ask.administer()
    id_ = ask.params["parked_id"]
    parked = ask.cell.parked.get(id_)
    if parked is None:
        raise NotFound(f"Nothing is parked as {id_[:100]}")
    return Answer(msgspec.json.encode(_shown(parked)))


async def retry(ask: Ask[Any]) -> Answer:
    """It stays parked until the service has handled it."""
    ask.administer()
    return await _retried(ask, lambda _: [ask.params["parked_id"]])


async def retry_all(ask: Ask[RetryRequest]) -> Answer:
    ask.administer()
    return await _retried(ask, lambda cell: [parked.id for parked in _of(cell, ask.body.reactor)])


async def drop(ask: Ask[Any]) -> Answer:
    ask.administer()
    id_ = ask.params["parked_id"]
    await ask.write(lambda cell: _decision(decide.drop(cell.parked, id_)))
    return Answer()


async def _retried(ask: Ask[Any], ids: Callable[[Cell], list[str]]) -> Answer:
    count = await ask.write(lambda cell: _decision(decide.retry(cell.parked, ids(cell))))
    return Answer(msgspec.json.encode({"retried": int(count)}))


def _decision(events: list[ParkingEvent]) -> Decision:
    """As resource, how many: a repetition with the same Idempotency-Key answers the same."""
    expect = tuple(streams.parked(event.parked_id) for event in events)
    return Decision(str(len(events)), tuple(events), expect)


def _of(cell: Cell, reactor: str | None) -> list[Parked]:
    return [parked for parked in cell.parked.values() if reactor in (None, parked.last.reactor)]


def _shown(parked: Parked) -> dict[str, Any]:
    last = parked.last
    return {
        "id": parked.id,
        "reactor": last.reactor,
        "subject": last.subject,
        "position": last.position,
        "commit": last.commit,
        "event_type": last.event_type,
        "error": last.error,
        "tries": last.tries,
        "parked_at": rfc3339(parked.since),
        "failed_at": rfc3339(parked.failed_at),
        "retrying": parked.retrying,
    }
