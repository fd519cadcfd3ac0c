"""`/runs`: rows of finished runs, for the gateway, which has no database."""

from aiohttp import web

from runfold.eventlog.runs import RunReader
from runfold.eventlog.runs_wire import decode_query, encode_generations, encode_rows
from runfold.log.http.guard import guarded
from runfold.log.http.tokens import Tokens

_JSON, _MESSAGE_PACK = "application/json", "application/msgpack"


def routes(runs: RunReader, tokens: Tokens) -> list[web.RouteDef]:
    """Every one asks for the token of a service."""
    face = _Face(runs)

    return [
        web.get("/runs/generations", guarded(tokens, face.generations), allow_head=False),
        web.get("/runs/rows/{run_id}", guarded(tokens, face.get), allow_head=False),
        web.get("/runs/of-attempt/{attempt_id}", guarded(tokens, face.of_attempt), allow_head=False),
        web.post("/runs/page", guarded(tokens, face.page)),
    ]


class _Face:
    def __init__(self, runs: RunReader) -> None:
        self._runs = runs

    async def generations(self, _: web.Request) -> web.Response:
        body = encode_generations(await self._runs.generations())
        return web.Response(body=body, content_type=_JSON)

    async def get(self, request: web.Request) -> web.Response:
        """`null` where there is none: 404 is for paths that nobody serves."""
        row = await self._runs.get(request.match_info["run_id"])
        return web.Response(body=encode_rows(row), content_type=_MESSAGE_PACK)

    async def of_attempt(self, request: web.Request) -> web.Response:
        row = await self._runs.of_attempt(request.match_info["attempt_id"])
        return web.Response(body=encode_rows(row), content_type=_MESSAGE_PACK)

    async def page(self, request: web.Request) -> web.Response:
        page = await self._runs.page(decode_query(await request.read()))
        return web.Response(body=encode_rows(page), content_type=_MESSAGE_PACK)
