"""A log service at a real broker, and executors as processes of their own."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from runfold.bus.adapters.rabbitmq import RabbitBus
from tests.integration.executor.executor_process import ExecutorProcess
from tests.unit.executor.log_service import LogService

Launch = Callable[..., ExecutorProcess]


@pytest.fixture
async def log_service(amqp_url: str) -> AsyncIterator[LogService]:
    bus = RabbitBus(amqp_url, name="test log")
    await bus.open()
    service = LogService(bus)
    await service.start()
    yield service
    await bus.close()


@pytest.fixture
def executor(tmp_path: Path, amqp_url: str) -> Iterator[Launch]:
    """Launches one more executor process on the same data; they end with the test."""
    launched: list[ExecutorProcess] = []

    def launch(url: str = amqp_url, **settings: str) -> ExecutorProcess:
        process = ExecutorProcess(tmp_path / "executor", url, **settings)
        launched.append(process)
        process.start()
        return process

    yield launch
    for process in launched:
        process.end()
