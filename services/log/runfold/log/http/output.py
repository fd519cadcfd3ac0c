"""`POST /output/poll`, `GET /output/{attempt_id}` and `…/length`: what jobs printed, for the other services."""

from aiohttp import web

from runfold.eventlog.output import OutputReader
from runfold.eventlog.output_wire import decode_poll, encode_length, encode_page, encode_slice
from runfold.eventlog.wire import MOST_WAIT
from runfold.log.http.guard import guarded
from runfold.log.http.query import number, seconds
from runfold.log.http.tokens import Tokens

_JSON, _MESSAGE_PACK = "application/json", "application/msgpack"


def routes(output: OutputReader, tokens: Tokens) -> list[web.RouteDef]:
    """Every one asks for the token of a service."""
    face = _Face(output)

    return [
        web.post("/output/poll", guarded(tokens, face.poll)),
        web.get("/output/{attempt_id}", guarded(tokens, face.read), allow_head=False),
        web.get("/output/{attempt_id}/length", guarded(tokens, face.length), allow_head=False),
    ]


class _Face:
    def __init__(self, output: OutputReader) -> None:
        self._output = output

    async def poll(self, request: web.Request) -> web.Response:
        """A page of records, their data as base64."""
        asked = decode_poll(await request.read())
        page = await self._output.poll(asked.attempt_id, asked.query)
        return web.Response(body=encode_page(page), content_type=_JSON)

    async def read(self, request: web.Request) -> web.Response:
        """The bytes from `offset` on, with the offset where they begin, waiting up to `wait` seconds for the first."""
        part = await self._output.read_from(
            request.match_info["attempt_id"],
            number(request, "offset"),
            wait=seconds(request, "wait", most=MOST_WAIT),
        )
        return web.Response(body=encode_slice(part), content_type=_MESSAGE_PACK)

    async def length(self, request: web.Request) -> web.Response:
        length = await self._output.stored(request.match_info["attempt_id"])
        return web.Response(body=encode_length(length), content_type=_JSON)
