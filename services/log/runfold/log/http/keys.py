"""`GET`, `PUT` and `DELETE /keys/{name}`: wrapped data keys for the gateway, which holds the master key as well."""

from aiohttp import web

from runfold.eventlog.keys import KeyStore
from runfold.log.http.guard import guarded
from runfold.log.http.tokens import Tokens

_BYTES = "application/octet-stream"
_MOST_BYTES = 1024
_WHO = "gateway"


def routes(keys: KeyStore, tokens: Tokens) -> list[web.RouteDef]:
    """For the gateway's token alone; 403 for another service's."""
    face = _Face(keys)

    return [
        web.get("/keys/{name}", guarded(tokens, face.get, only=_WHO), allow_head=False),
        web.put("/keys/{name}", guarded(tokens, face.put, only=_WHO)),
        web.delete("/keys/{name}", guarded(tokens, face.delete, only=_WHO)),
    ]


class _Face:
    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    async def get(self, request: web.Request) -> web.Response:
        """204 where there is none: 404 is for paths that nobody serves."""
        wrapped = await self._keys.get(request.match_info["name"])
        return (
            web.Response(status=204) if wrapped is None else web.Response(body=wrapped, content_type=_BYTES)
        )

    async def put(self, request: web.Request) -> web.Response:
        """The key that stands now, which may be an older one."""
        wrapped = await request.content.read(_MOST_BYTES + 1)
        if not 0 < len(wrapped) <= _MOST_BYTES:
            raise web.HTTPUnprocessableEntity(text=f"a wrapped key has 1 to {_MOST_BYTES} bytes")
        standing = await self._keys.create(request.match_info["name"], wrapped)
        return web.Response(body=standing, content_type=_BYTES)

    async def delete(self, request: web.Request) -> web.Response:
        await self._keys.delete(request.match_info["name"])
        return web.Response(status=204)
