"""Who gets in: at most so many connections at once; whoever comes beyond them is told so and let go."""

import asyncio
import resource
from collections.abc import Callable
from typing import cast

from aiohttp import web

from runfold.service.logging import get_logger
from runfold.service.metrics import METRICS

RETRY = 5  #: seconds after which one that was refused may try again
SPARE_FILES = 512  #: what a process opens beside its clients' connections
TURNED_AWAY = 256  #: connections that are being refused at once; what is beyond them is closed without a word

_TEXT = b'{"detail": "This gateway has as many connections as it takes; try again"}'
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nServer: Runfold\r\n"
    b"Retry-After: %d\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (RETRY, len(_TEXT), _TEXT)
)

_log = get_logger("runfold.gateway")
_refused = METRICS.counter("runfold_http_connections_refused_total", "Connections over the limit, refused.")


class Door:
    """Makes the protocol of each new connection, as asyncio's `create_server` asks for it.

    Connections of one batch, at most a backlog of them, see the same count: SPARE_FILES has room for those.
    """

    def __init__(self, server: web.Server, limit: int) -> None:
        self._server, self._limit = server, limit
        self._leaving: set[_Leaving] = set()
        self._full = False
        METRICS.gauge("runfold_http_connections", "Connections that clients have open.", self._open)

    def __call__(self) -> asyncio.Protocol:
        if self._open() < self._limit:
            self._full = False
            return self._server()
        _refused.add()
        if not self._full:
            # Said once, until there is room again: a flood of connections is none of lines.
            self._full = True
            _log.warning("connections are refused", limit=self._limit, setting="RUNFOLD_CONNECTION_LIMIT")
        return _Leaving(self._leaving)

    def _open(self) -> int:
        return len(self._server.connections)


def affordable(limit: int) -> int:
    """As many connections as this process may have files for, its limit of open files raised where it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limit + SPARE_FILES
    if 0 <= soft < wanted:
        soft = wanted if hard < 0 else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if 0 <= soft < wanted:
        _log.warning("open files limit the connections", wanted=limit, files=soft, setting="ulimit -n")
        return max(soft - SPARE_FILES, soft // 2, 1)
    return limit


class _Leaving(asyncio.Protocol):
    """A connection that is refused: once it said something, since an answer before that is lost with a reset."""

    def __init__(self, leaving: set["_Leaving"]) -> None:
        self._leaving = leaving
        self._end: Callable[[], None] = lambda: None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if len(self._leaving) >= TURNED_AWAY:
            return self._transport.abort()
        self._leaving.add(self)
        patience = asyncio.get_running_loop().call_later(RETRY, self._transport.abort)
        self._end = patience.cancel
        return None

    def data_received(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_REFUSAL)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        self._leaving.discard(self)
