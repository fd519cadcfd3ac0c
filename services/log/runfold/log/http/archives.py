"""`GET` and `PUT /archives/{id}`: what users send along with their runs, for the gateway."""

from aiohttp import web

from runfold.eventlog.archives import ArchiveStore
from runfold.eventlog.archives_wire import decode, encode
from runfold.log.http.guard import guarded
from runfold.log.http.tokens import Tokens

_MESSAGE_PACK = "application/msgpack"
_WHO = "gateway"


def routes(archives: ArchiveStore, tokens: Tokens) -> list[web.RouteDef]:
    """For the gateway's token alone; 403 for another service's."""

    async def get(request: web.Request) -> web.Response:
        """204 where there is none: 404 is for paths that nobody serves."""
        found = await archives.get(request.match_info["id"])
        if found is None:
            return web.Response(status=204)
        return web.Response(body=encode(found), content_type=_MESSAGE_PACK)

    async def put(request: web.Request) -> web.Response:
        archive = decode(await request.read())
        if archive.id != request.match_info["id"]:
            raise web.HTTPUnprocessableEntity(text="this archive has another id")
        await archives.keep(archive)
        return web.Response(status=204)

    return [
        web.get("/archives/{id}", guarded(tokens, get, only=_WHO), allow_head=False),
        web.put("/archives/{id}", guarded(tokens, put, only=_WHO)),
    ]
