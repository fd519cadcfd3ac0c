"""The internal port of the log service."""

from collections.abc import Sequence

import structlog
from aiohttp import web

from runfold.eventlog.wire import MOST_BODY_BYTES

log = structlog.get_logger(__name__)


class Server:
    """Serves `routes` on one port, as a part of the log service."""

    def __init__(self, routes: Sequence[web.RouteDef], host: str, port: int) -> None:
        self._app = web.Application(client_max_size=MOST_BODY_BYTES)
        self._app.add_routes(routes)
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=2.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port, backlog=1024).start()
        log.info("listening", address=f"http://{self._host}:{self._port}")

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def not_ready(self) -> str | None:
        return None if self._runner is not None else "not listening"
