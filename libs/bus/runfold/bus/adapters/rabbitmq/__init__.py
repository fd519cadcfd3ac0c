"""RabbitMQ by aio-pika."""

from runfold.bus.adapters.rabbitmq.bus import RabbitBus
from runfold.bus.adapters.rabbitmq.timings import Timings

__all__ = ["RabbitBus", "Timings"]
