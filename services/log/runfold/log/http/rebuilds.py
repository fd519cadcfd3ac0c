"""`POST` and `GET /rebuild`: the rows of runs anew from the log, for the gateway's administrators."""

from aiohttp import web

from runfold.log.http.guard import guarded
from runfold.log.http.tokens import Tokens
from runfold.service.rebuilds import Rebuild, Rebuilds
from runfold.service.rebuilds_wire import encode

_WHO = "gateway"


def routes(rebuilds: Rebuilds, tokens: Tokens) -> list[web.RouteDef]:
    """For the gateway's token alone; 403 for another service's."""

    async def begin(_: web.Request) -> web.Response:
        return _answer(await rebuilds.begin())

    async def progress(_: web.Request) -> web.Response:
        return _answer(await rebuilds.progress())

    return [
        web.post("/rebuild", guarded(tokens, begin, only=_WHO)),
        web.get("/rebuild", guarded(tokens, progress, only=_WHO), allow_head=False),
    ]


def _answer(rebuild: Rebuild) -> web.Response:
    return web.Response(body=encode(rebuild), content_type="application/json")
