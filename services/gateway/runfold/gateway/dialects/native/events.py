"""Events from any position on: as pages, and as server-sent events that resume without gap or double."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from runfold.contracts.cloudevents import routing_key, to_structured
from runfold.contracts.envelope import Envelope
from runfold.contracts.registry import EVENT_TYPES
from runfold.domain.user.authorize import Operation, allowed
from runfold.domain.user.state import User
from runfold.eventlog.port import EventLogError
from runfold.gateway.ask import Ask
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Busy, Malformed
from runfold.gateway.http.parse import problem

KEEP_ALIVE = 15.0  #: seconds between comments while nothing happens, so that no proxy takes the line for dead
PAUSE = 1.0  #: seconds between reads of a log that doesn't answer
CONSIDERED = 10_000  #: events looked at for one page, however few of them are wanted
STREAM = "text/event-stream"
END = -1  #: as a position to begin after: only what is yet to come


class EventsQuery(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    after: int = Field(
        0, ge=END, lt=2**63, description="Position after which to begin; -1 is where the log ends now."
    )
    types: str = Field(
        "", description="Routing keys such as run.RunSubmitted, separated by commas; all by default."
    )
    project: str | None = Field(None, description="Name of the project whose events are wanted.")
    limit: int = Field(100, ge=1, le=1000, description="Events on a page; a stream has no limit.")


class EventsPage(BaseModel):
    """`next` is what the next page's `after` is; `more` says whether there is one by now."""

    events: list[dict[str, Any]] = Field(description="CloudEvents 1.0 in structured JSON, by position.")
    next: int
    more: bool


async def events(ask: Ask[Any]) -> Answer:
    """A page, or a stream where the client asks for text/event-stream."""
    query = ask.query
    assert isinstance(query, EventsQuery)
    wanted = Wanted(ask, query)
    _refuse_beyond(ask, query.after, "query", "after")
    begin = ask.cell.position if query.after == END else query.after
    if STREAM not in ask.call.headers.get("accept", ""):
        return Answer(await _page(ask, wanted, begin, query.limit))
    after = _resumed(ask.call.headers.get("last-event-id"), begin)
    _refuse_beyond(ask, after, "header", "Last-Event-ID")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Answer(b"", 200, STREAM, headers, _stream(ask, wanted, after))


class Wanted:
    """Which events a subscriber asked for and may see; asked anew for each one."""

    def __init__(self, ask: Ask[Any], query: EventsQuery) -> None:
        self._ask = ask
        self._keys = _keys(query.types)
        self._project_id = _project_id(ask, query.project)
        self._scopes = self._granted()
        self._judged_at = -1
        self._judged: dict[str | None, bool] = {}

    def __call__(self, envelope: Envelope) -> bool:
        if self._keys and routing_key(envelope) not in self._keys:
            return False
        project_id = envelope.record.project
        if self._project_id is not None and project_id != self._project_id:
            return False
        if self._judged_at != self._ask.cell.position:
            self._judged_at, self._judged = self._ask.cell.position, {}
        if project_id not in self._judged:
            self._judged[project_id] = self._readable(project_id)
        return self._judged[project_id]

    @property
    def over(self) -> bool:
        """A grant or the token that this began with is gone."""
        user = self._user()
        return user is None or not self._scopes <= self._granted()

    def _readable(self, project_id: str | None) -> bool:
        """What belongs to no project is the cell's, and for its administrators."""
        user = self._user()
        if user is None:
            return False
        if project_id is None:
            return allowed(user, Operation.ADMINISTER)
        project = self._ask.cell.projects.get(project_id)
        return project is not None and self._ask.may(Operation.READ, project)

    def _user(self) -> User | None:
        return self._ask.parts.user_with(self._ask.call.token)

    def _granted(self) -> set[str]:
        user = self._user()
        if user is None:
            return set()
        return {grant.scope for grant in user.grants.values()} | {f"role:{user.global_role}"}


async def _page(ask: Ask[Any], wanted: Wanted, after: int, limit: int) -> bytes:
    feed, source = ask.parts.feed, _source(ask)
    found: list[msgspec.Raw] = []
    position, considered = after, 0
    while len(found) < limit and considered < CONSIDERED:
        try:
            some = await feed.after(position)
        except EventLogError:
            raise Busy("The event log does not answer; try again") from None
        if not some:
            break
        for envelope in some:
            position, considered = envelope.position, considered + 1
            if wanted(envelope):
                found.append(msgspec.Raw(to_structured(envelope, source)))
            if len(found) == limit:
                break
    more = position < ask.cell.position
    return msgspec.json.encode({"events": found, "next": position, "more": more})


async def _stream(ask: Ask[Any], wanted: Wanted, after: int) -> AsyncGenerator[bytes]:
    """Reads from the log what the subscriber is ready to take: nothing queues up for a slow one."""
    feed, source = ask.parts.feed, _source(ask)
    position = after
    # Whoever began at the end and is cut off before the first event resumes from here.
    yield b": from position %d\nid: %d\n\n" % (after, after)
    while not wanted.over and not feed.stopped:
        try:
            some = await feed.after(position)
        except EventLogError:
            yield b": the event log does not answer\n\n"
            await asyncio.sleep(PAUSE)
            continue
        for envelope in some:
            if wanted.over:
                return
            position = envelope.position
            if wanted(envelope):
                yield _frame(envelope, source)
        if not some and not await feed.grown(position, KEEP_ALIVE):
            # An id without data: whoever was sent nothing for long resumes from here all the same.
            yield b": nothing new\nid: %d\n\n" % position


def _frame(envelope: Envelope, source: str) -> bytes:
    data = to_structured(envelope, source)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (envelope.position, routing_key(envelope).encode(), data)


def _source(ask: Ask[Any]) -> str:
    return f"/cells/{ask.cell.id}"


def _refuse_beyond(ask: Ask[Any], position: int, *where: str) -> None:
    """A subscriber of a log that was reset, or restored from a copy, would wait for ever and never be told."""
    last = ask.cell.position
    if position > last:
        why = (
            f"the log ends at position {last}, so this one is of another log, or of a later state of this one"
        )
        raise Malformed([problem(list(where), why, position)])


def _resumed(last_event_id: str | None, after: int) -> int:
    """A client that was cut off says what it had last; raises Malformed."""
    if last_event_id is None or last_event_id == "":
        return after
    if not last_event_id.isascii() or not last_event_id.isdecimal() or len(last_event_id) > 19:
        raise Malformed([problem(["header", "Last-Event-ID"], "it is no position", last_event_id)])
    return int(last_event_id)


def _keys(types: str) -> frozenset[str]:
    """Routing keys; the type alone will do. Raises Malformed for what no event is called."""
    known = {kind.routing_key: kind.routing_key for kind in EVENT_TYPES.values()}
    known |= {name: kind.routing_key for name, kind in EVENT_TYPES.items()}
    keys = [part.strip() for part in types.split(",") if part.strip()]
    for key in keys:
        if key not in known:
            raise Malformed([problem(["query", "types"], f"there is no event type {key[:100]}", key)])
    return frozenset(known[key] for key in keys)


def _project_id(ask: Ask[Any], name: str | None) -> str | None:
    """Raises Malformed for a project that the caller can't see."""
    if name is None:
        return None
    project = ask.cell.project_named(name)
    if project is None or not ask.may(Operation.READ, project):
        raise Malformed([problem(["query", "project"], f"there is no project {name[:100]}", name)])
    return project.id
