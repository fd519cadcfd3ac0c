"""An executor process whose runtime does nothing: `python -m tests.bench.executor`, with an executor's environment."""

from runfold.bus.adapters.rabbitmq import RabbitBus
from runfold.executor import bootstrap
from runfold.executor.settings import ExecutorSettings
from runfold.service import serve
from runfold.service.component import Component, Opened, Together
from runfold.service.system import SystemClock, SystemIds
from tests.bench.idle import IdleRuntime, VastHost


async def wire(settings: ExecutorSettings) -> Component:
    assert settings.amqp_url is not None
    bus = RabbitBus(settings.amqp_url.get_secret_value(), name="executor")
    executor = bootstrap.build(
        settings,
        bus=bus,
        clock=SystemClock(),
        ids=SystemIds(),
        runtimes={"process": IdleRuntime()},
        host=VastHost(settings.directory, settings.heartbeat),
    )
    return Together("executor", Opened(bus.open, bus.close), executor)


if __name__ == "__main__":
    serve.main("executor", ExecutorSettings, wire)
