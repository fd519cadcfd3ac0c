"""`/dead-letters/{queue}`: what nobody could handle, for the gateway, whose broker user may not read these queues."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from runfold.bus.dead_letters import DeadLetters
from runfold.bus.port import BusUnavailable, Refused
from runfold.bus.topology import WITH_DEAD_LETTERS, Queue
from runfold.eventlog.port import Unavailable
from runfold.log.http.guard import Handler, guarded
from runfold.log.http.query import number
from runfold.log.http.tokens import Tokens
from runfold.service.dead_letters_wire import Replayed, encode

_WHO = "gateway"
MOST = 100  #: letters of one answer


def routes(letters: DeadLetters, tokens: Tokens) -> list[web.RouteDef]:
    """For the gateway's token alone; 403 for another service's."""
    face = _Face(letters)

    def of(handler: Callable[[Queue, web.Request], Awaitable[object]]) -> Handler:
        return guarded(tokens, _answering(handler), only=_WHO)

    base = "/dead-letters/{queue}"
    return [
        web.get(base, of(face.peek), allow_head=False),
        web.get(f"{base}/count", of(face.count), allow_head=False),
        web.post(f"{base}/replay", of(face.replay)),
        web.get(f"{base}/letters/{{id}}", of(face.find), allow_head=False),
        web.delete(f"{base}/letters/{{id}}", of(face.discard)),
    ]


class _Face:
    def __init__(self, letters: DeadLetters) -> None:
        self._letters = letters

    async def peek(self, source: Queue, request: web.Request) -> object:
        return await self._letters.peek(source, number(request, "limit", default=MOST, most=MOST))

    async def count(self, source: Queue, _: web.Request) -> object:
        return await self._letters.count(source)

    async def replay(self, source: Queue, request: web.Request) -> object:
        limit = number(request, "limit") if "limit" in request.query else None
        try:
            return Replayed(await self._letters.replay(source, limit))
        except Refused as refusal:
            return Replayed(refused=str(refusal))

    async def find(self, source: Queue, request: web.Request) -> object:
        return await self._letters.find(source, request.match_info["id"])

    async def discard(self, source: Queue, request: web.Request) -> object:
        return int(await self._letters.discard(source, request.match_info["id"]))


def _answering(handler: Callable[[Queue, web.Request], Awaitable[object]]) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        source = WITH_DEAD_LETTERS.get(request.match_info["queue"])
        if source is None:
            raise web.HTTPNotFound
        try:
            body = encode(await handler(source, request))
        except BusUnavailable as error:
            raise Unavailable(str(error)) from error
        return web.Response(body=body, content_type="application/msgpack")

    return answer
