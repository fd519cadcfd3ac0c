"""The shape that every service has, whichever process it runs in."""

from collections.abc import Awaitable, Callable
from typing import Protocol


class Component(Protocol):
    """A service without its process: `build` makes it out of ports, `serve` or the embedded wiring runs it."""

    name: str

    async def start(self) -> None:
        """Returns once it does its work; raises when it can't."""

    async def stop(self) -> None:
        """Takes nothing new, finishes what is in flight, releases what it holds."""

    def not_ready(self) -> str | None:
        """Why it can't do its work at this moment, or None; also asked while it starts and stops."""


class Part(Protocol):
    """What a component is made of."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def not_ready(self) -> str | None: ...


class Together:
    """Parts as one component: started in order, stopped in the opposite one, ready when all are."""

    def __init__(self, name: str, *parts: Part) -> None:
        self.name = name
        self._parts = parts
        self._started: list[Part] = []

    async def start(self) -> None:
        for part in self._parts:
            self._started.append(part)
            await part.start()

    async def stop(self) -> None:
        """All of them, also when one fails; the first failure is raised."""
        failures: list[Exception] = []
        while self._started:
            try:
                await self._started.pop().stop()
            except Exception as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def not_ready(self) -> str | None:
        """While it starts, of the parts that have begun to: the others wait for these."""
        parts = self._started or self._parts
        return next((why for part in parts if (why := part.not_ready())), None)


class Opened:
    """Something that is only opened and closed, as a part."""

    def __init__(
        self, start: Callable[[], Awaitable[None]] | None, stop: Callable[[], Awaitable[None]] | None
    ) -> None:
        self._start, self._stop = start, stop

    async def start(self) -> None:
        if self._start is not None:
            await self._start()

    async def stop(self) -> None:
        if self._stop is not None:
            await self._stop()

    def not_ready(self) -> str | None:
        return None
