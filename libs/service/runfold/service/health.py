"""The internal port: is it alive, can it do its work, what does it count."""

from collections.abc import Callable

from aiohttp import web

from runfold.service.metrics import METRICS, Metrics


def app(not_ready: Callable[[], str | None], metrics: Metrics = METRICS) -> web.Application:
    """`/healthz` is 200 while the event loop turns, `/readyz` 503 with the reason of `not_ready`, `/metrics` Prometheus
    text."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        reason = not_ready()
        if reason is None:
            return web.json_response({"status": "ready"})
        return web.json_response({"status": "not ready", "reason": reason}, status=503)

    async def counted(_: web.Request) -> web.Response:
        return web.Response(
            body=metrics.text().encode(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    application = web.Application()
    application.add_routes(
        [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", counted)]
    )
    return application


class HealthPort:
    """Serves `app` on a port of its own, apart from whatever the service itself serves."""

    def __init__(self, host: str, port: int, not_ready: Callable[[], str | None]) -> None:
        self._host = host
        self._port = port
        self._runner = web.AppRunner(app(not_ready), access_log=None, shutdown_timeout=1.0)

    async def start(self) -> int:
        """The port it listens on; raises OSError when that is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        await self._runner.cleanup()
