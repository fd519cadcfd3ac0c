"""The HTTP port: aiohttp's requests as calls, answers as its responses."""

import asyncio
import errno
import os
import re
import ssl
from collections.abc import Mapping
from contextlib import aclosing

from aiohttp import web
from aiohttp.http_exceptions import PayloadEncodingError

from runfold.gateway.api import Api
from runfold.gateway.connections.tickets import PATH as TICKETS
from runfold.gateway.connections.tickets import Tickets
from runfold.gateway.dialects import owner
from runfold.gateway.door import Door, affordable
from runfold.gateway.http.call import Answer, Call
from runfold.gateway.http.errors import Busy, Malformed, Refused, TooLarge, TooSlow, UploadTooLarge
from runfold.gateway.http.parse import problem
from runfold.gateway.settings import GatewaySettings
from runfold.ports import Clock, Ids
from runfold.service import telemetry
from runfold.service.logging import bound, get_logger
from runfold.service.metrics import METRICS
from runfold.service.parcels import PATH as PARCELS

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_PROBES = {"/healthcheck"}  #: asked for all the time, and nothing to tell of

#: What another port, rather than another host, helps against.
_OF_THE_PORT = {errno.EADDRINUSE, errno.EACCES}
BACKLOG = 128  #: connections that the kernel keeps until they are taken
FORM = 4096  #: bytes of a form around its file
STARTING = "This gateway is starting; try again"

_log = get_logger("runfold.gateway.access")
_requests = METRICS.histogram(
    "runfold_http_request_seconds", "How long a request took to be answered, by route and status."
)


class CannotListen(OSError):
    """The port, the certificate or its key can't be had; the text names the setting to change."""


class HttpPort:
    """Listens on the settings' host and port for as long as it is started; answers 503 until `serve`."""

    def __init__(self, api: Api, settings: GatewaySettings, clock: Clock, ids: Ids, tickets: Tickets) -> None:
        self._api, self._settings, self._clock, self._ids = api, settings, clock, ids
        most = max(settings.body_limit, settings.upload_limit + FORM)
        app = web.Application(client_max_size=most)
        app.router.add_get(TICKETS, tickets.redeem, allow_head=False)
        app.router.add_route("*", "/{path:(?s:.*)}", self._handle)  # with line ends, too
        # aiohttp counts from the connection or the last answer until the next head is whole, dripping or not.
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=5.0, keepalive_timeout=settings.keepalive_timeout
        )
        self._site: asyncio.Server | None = None
        self._serving = False
        self.address: tuple[str, int] | None = None

    async def start(self) -> None:
        """Raises CannotListen."""
        tls = _tls(self._settings)
        await self._runner.setup()
        assert self._runner.server is not None
        door = Door(self._runner.server, affordable(self._settings.connection_limit))
        try:
            self._site = await asyncio.get_running_loop().create_server(
                door, self._settings.host, self._settings.port, ssl=tls, backlog=BACKLOG
            )
        except OSError as error:
            raise _cannot_listen(self._settings, error) from error
        host, port, *_ = self._site.sockets[0].getsockname()
        self.address = (host, port)

    def serve(self) -> None:
        """From here on it answers."""
        self._serving = True

    async def stop(self) -> None:
        if self._site is not None:
            self._site.close()
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        began = self._clock.now()
        request_id = _sane(_REQUEST_ID, request.headers.get("X-Request-ID")) or self._ids.uuid4()
        traceparent = _sane(_TRACEPARENT, request.headers.get("traceparent"))
        route = self._api.place(request.method, request.path)
        with (
            telemetry.span(route, traceparent=traceparent) as span,
            bound(correlation_id=request_id, traceparent=span.traceparent),
        ):
            answer = await self._answer(request, request_id, span.traceparent)
            took = max(self._clock.now() - began, 0)
            _requests.observe(took / 1_000_000, route=route, status=str(answer.status))
            span.set(**_about(request, answer))
            response = await self._respond(request, answer, request_id)
            log = _log.debug if request.path in _PROBES else _log.info
            log(
                "request", method=request.method, path=_shown(request.path), status=answer.status, micros=took
            )
        return response

    async def _answer(self, request: web.Request, request_id: str, traceparent: str | None) -> Answer:
        if not self._serving:
            return owner(request.path).refuse(Busy(STARTING))
        try:
            body = await self._body(request)
        except Refused as refusal:
            return owner(request.path).refuse(refusal)
        call = Call(
            method=request.method,
            path=request.path,
            headers=_lowered(request.headers),
            query={name: _unicode(value) for name, value in request.query.items()},
            body=body,
            request_id=request_id,
            traceparent=traceparent,
        )
        return await self._api.answer(call)

    async def _body(self, request: web.Request) -> bytes:
        """Raises Malformed, TooSlow, and what `_over` makes, before it is read where the client says how long it is."""
        if not request.can_read_body:
            return b""
        limit = self._limit(request)
        if (request.content_length or 0) > limit:
            raise self._over(request)
        try:
            async with asyncio.timeout(self._settings.body_timeout):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise self._over(request) from None
        except TimeoutError:
            raise TooSlow(self._settings.body_timeout) from None
        except (web.RequestPayloadError, PayloadEncodingError) as error:
            raise Malformed(
                [problem(["body"], f"it does not come as its headers say: {error}"[:200])]
            ) from None
        if len(body) > limit:
            raise self._over(request)
        return body

    def _limit(self, request: web.Request) -> int:
        uploads = self._api.uploads(request.method, request.path)
        return self._settings.upload_limit + FORM if uploads else self._settings.body_limit

    def _over(self, request: web.Request) -> Refused:
        if self._api.uploads(request.method, request.path):
            return UploadTooLarge(self._settings.upload_limit, request.content_length)
        return TooLarge(self._settings.body_limit)

    async def _respond(self, request: web.Request, answer: Answer, request_id: str) -> web.StreamResponse:
        """Ends the connection of a client that takes nothing of its answer for too long."""
        response = _response(answer, request_id)
        try:
            await self._send(request, answer, response)
        except ConnectionError:
            pass
        except TimeoutError:
            seconds = self._settings.send_timeout
            _log.info("client reads nothing and is cut off", path=request.path, seconds=seconds)
            if request.transport is not None:
                request.transport.abort()
        return response

    async def _send(self, request: web.Request, answer: Answer, response: web.StreamResponse) -> None:
        patience = self._settings.send_timeout
        if answer.stream is None:
            async with asyncio.timeout(patience):
                await response.prepare(request)
                return await response.write_eof()
        await response.prepare(request)
        async with aclosing(answer.stream) as pieces:
            async for piece in pieces:
                # Waits while the client reads more slowly than we send: nothing queues up here.
                async with asyncio.timeout(patience):
                    await response.write(piece)
        return await response.write_eof()


def _response(answer: Answer, request_id: str) -> web.StreamResponse:
    headers = {
        "Server": "Runfold",
        "X-Request-ID": request_id,
        "X-Content-Type-Options": "nosniff",
        "Content-Type": answer.content_type,
        **answer.headers,
    }
    if answer.stream is None:
        return web.Response(body=answer.body, status=answer.status, headers=headers)
    return web.StreamResponse(status=answer.status, headers=headers)


def _about(request: web.Request, answer: Answer) -> dict[str, telemetry.Attribute]:
    return {"http.response.status_code": answer.status, "url.path": _shown(request.path)}


def _shown(path: str) -> str:
    """Without the ticket that some paths end with: whoever has it needs no other token."""
    begins = PARCELS.partition("{")[0]
    return f"{begins}…" if path.startswith(begins) else path


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): _unicode(value) for name, value in headers.items()}


def _unicode(text: str) -> str:
    """As it is, but for the surrogates that stand for bytes that are no UTF-8: no answer could show them."""
    return text if text.isascii() else text.encode(errors="surrogateescape").decode(errors="replace")


def _sane(pattern: re.Pattern[str], value: str | None) -> str | None:
    return value if value is not None and pattern.fullmatch(value) else None


def _tls(settings: GatewaySettings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:
        files = f"RUNFOLD_TLS_CERT {settings.tls_cert} with RUNFOLD_TLS_KEY {settings.tls_key}"
        raise CannotListen(f"cannot serve HTTPS by {files}: {error}") from error
    return context


def _cannot_listen(settings: GatewaySettings, error: OSError) -> CannotListen:
    number = error.errno or 0
    why = os.strerror(number) if number > 0 else str(error.strerror)
    change = "--port (RUNFOLD_PORT)" if number in _OF_THE_PORT else "--host (RUNFOLD_HOST)"
    return CannotListen(
        f"cannot listen on {settings.host}:{settings.port}, {why.lower()}: give another {change}"
    )
