"""The internal port of the log service."""

from collections.abc import Sequence

import structlog
from aiohttp import web

from runfold.eventlog.wire import MOST_BODY_BYTES

KEEPALIVE = 75.0  #: seconds until a connection's next request is there with all its headers

log = structlog.get_logger(__name__)


class Server:
    """Serves `routes` on one port, as a part of the log service."""

    def __init__(self, routes: Sequence[web.RouteDef], host: str, port: int) -> None:
        self._app = web.Application(client_max_size=MOST_BODY_BYTES)
        self._app.add_routes(routes)
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None
        self.url: str | None = None  #: once it is started

    async def start(self) -> None:
        self._runner = web.AppRunner(
            self._app, access_log=None, shutdown_timeout=2.0, keepalive_timeout=KEEPALIVE
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port, backlog=1024).start()
        self.url = f"http://{self._host}:{self._runner.addresses[0][1]}"
        log.info("listening", address=self.url)

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def not_ready(self) -> str | None:
        return None if self._runner is not None else "not listening"
