"""A service for the tests of `serve`, started as a process: it behaves as its first argument says."""

import asyncio
import sys
from threading import Event, Thread

from runfold.service.serve import main
from runfold.service.settings import ServiceSettings


class Service:
    name = "example"

    def __init__(self, behaviour: str) -> None:
        self._behaviour = behaviour

    async def start(self) -> None:
        if self._behaviour == "fail":
            raise ConnectionError("no broker at amqp://log:hunter2@broker")
        print("started", flush=True)
        if self._behaviour == "stuck":
            while True:  # an event loop that never turns again
                pass

    async def stop(self) -> None:
        print("stopping", flush=True)
        if self._behaviour == "leave a thread":
            Thread(target=Event().wait).start()
        if self._behaviour == "hang":
            await asyncio.get_running_loop().create_future()

    def not_ready(self) -> str | None:
        return None


async def wire(settings: ServiceSettings) -> Service:
    return Service(sys.argv[1])


if __name__ == "__main__":
    main("example", ServiceSettings, wire)
