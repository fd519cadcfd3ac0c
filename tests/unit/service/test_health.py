"""The internal port says whether the process lives, whether it can work, and what it counts."""

from aiohttp.test_utils import TestClient, TestServer

from runfold.service.health import HealthPort, app
from runfold.service.metrics import Metrics


async def test_readiness_follows_the_component() -> None:
    reason: str | None = "catching up"
    async with TestClient(TestServer(app(lambda: reason))) as client:
        answer = await client.get("/readyz")
        assert answer.status == 503
        assert await answer.json() == {"status": "not ready", "reason": "catching up"}
        reason = None
        assert (await client.get("/readyz")).status == 200


async def test_a_component_that_is_not_ready_is_alive_all_the_same() -> None:
    async with TestClient(TestServer(app(lambda: "no broker"))) as client:
        assert (await client.get("/healthz")).status == 200


async def test_metrics_are_prometheus_text() -> None:
    metrics = Metrics()
    metrics.counter("c_total", "").add(3)
    async with TestClient(TestServer(app(lambda: None, metrics))) as client:
        answer = await client.get("/metrics")
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert "c_total 3\n" in await answer.text()


async def test_port_0_takes_a_free_one_and_stop_gives_it_back() -> None:
    first = HealthPort("127.0.0.1", 0, lambda: None)
    port = await first.start()
    await first.stop()
    second = HealthPort("127.0.0.1", port, lambda: None)
    assert await second.start() == port
    await second.stop()
