"""`POST /connections/{host_id}`: an executor is asked to open a connection to the gateway that waits for it."""

from aiohttp import web

from runfold.contracts.executor import ConnectionRequested
from runfold.contracts.wire import decode
from runfold.log.http.guard import guarded
from runfold.log.http.tokens import Tokens
from runfold.service.connections import Connections

_WHO = "gateway"


def routes(connections: Connections, tokens: Tokens) -> list[web.RouteDef]:
    """For the gateway's token alone; 403 for another service's. Answers whether the executor is there."""

    async def request(request: web.Request) -> web.Response:
        try:
            wanted = decode(await request.read())
        except ValueError as error:
            raise web.HTTPUnprocessableEntity(text=str(error)) from None
        if not isinstance(wanted, ConnectionRequested):
            raise web.HTTPUnprocessableEntity(text="this asks for no connection")
        return web.json_response(await connections.request(request.match_info["host_id"], wanted))

    return [web.post("/connections/{host_id}", guarded(tokens, request, only=_WHO))]
