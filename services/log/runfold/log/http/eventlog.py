"""`POST /appends`, `GET /commits`, `GET /head` and `GET /wait`: the event log as a port over HTTP."""

import asyncio

from aiohttp import web

from runfold.contracts.envelope import check
from runfold.eventlog.port import Append, Appended, NotActive, Unavailable
from runfold.eventlog.wire import (
    MOST_BODY_BYTES,
    MOST_WAIT,
    Outcome,
    decode_appends,
    encode_commits,
    encode_head,
    encode_outcomes,
    outcome_of,
)
from runfold.eventlog.writer import Writer
from runfold.log.http.guard import guarded
from runfold.log.http.query import number, seconds
from runfold.log.http.tokens import Tokens
from runfold.ports import Clock
from runfold.service import telemetry

_JSON = "application/json"
_MOST_COMMITS = 1_024


def routes(writer: Writer, tokens: Tokens, clock: Clock) -> list[web.RouteDef]:
    """Every one asks for the token of a service."""
    face = _Face(writer, clock)

    return [
        web.post("/appends", guarded(tokens, face.appends)),
        web.get("/commits", guarded(tokens, face.commits), allow_head=False),
        web.get("/head", guarded(tokens, face.head), allow_head=False),
        web.get("/wait", guarded(tokens, face.wait), allow_head=False),
    ]


class _Face:
    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer, self._clock = writer, clock

    async def appends(self, request: web.Request) -> web.Response:
        """Several appends, each with an outcome of its own, in order. 207 where they differ."""
        appends = decode_appends(await _body(request))
        began = self._clock.now()
        results = await asyncio.gather(*map(self._submit, appends), return_exceptions=True)
        if telemetry.exporting():
            _trace(appends, began, self._clock.now())
        return _outcomes([outcome_of(result) for result in results])

    def _submit(self, append: Append) -> asyncio.Future[Appended]:
        """What no follower could decode never gets into the log: it would stop them all, for ever."""
        try:
            for event in append.events:
                check(event)
        except ValueError as error:
            refused: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
            refused.set_exception(error)
            return refused
        return self._writer.submit(append)

    async def commits(self, request: web.Request) -> web.Response:
        after = number(request, "after")
        limit = number(request, "limit", default=256, most=_MOST_COMMITS)
        commits = await self._writer.read(after, limit)
        body = encode_commits([commit.record for commit in commits])
        return web.Response(body=body, content_type=_JSON)

    async def head(self, _: web.Request) -> web.Response:
        return web.Response(body=encode_head(await self._writer.head()), content_type=_JSON)

    async def wait(self, request: web.Request) -> web.Response:
        """The head once it is above `after`, or after `seconds`."""
        head = await self._writer.wait(number(request, "after"), seconds(request, "seconds", most=MOST_WAIT))
        return web.Response(body=encode_head(head), content_type=_JSON)


def _trace(appends: list[Append], start: int, end: int) -> None:
    """What the writer took of each append's time; the rest was on the way."""
    for append in appends:
        if append.events and (trace := append.events[0].traceparent) is not None:
            telemetry.record("log.append", traceparent=trace, start=start, end=end, appends=len(appends))


async def _body(request: web.Request) -> bytes:
    """Raises HTTPRequestEntityTooLarge before more than the limit is in memory."""
    length = request.content_length or 0
    body = bytearray()
    if length <= MOST_BODY_BYTES:
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > MOST_BODY_BYTES:
                break
        else:
            return bytes(body)
    raise web.HTTPRequestEntityTooLarge(MOST_BODY_BYTES, max(length, len(body)))


def _outcomes(outcomes: list[Outcome]) -> web.Response:
    statuses = {outcome.status for outcome in outcomes} or {200}
    if statuses == {421}:
        raise NotActive(outcomes[0].address)
    if statuses == {503}:
        raise Unavailable(outcomes[0].error)
    status = statuses.pop() if len(statuses) == 1 else 207
    return web.Response(body=encode_outcomes(outcomes), status=status, content_type=_JSON)
